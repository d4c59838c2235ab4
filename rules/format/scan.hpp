#pragma once
// The innermost loops over JSON and CSV text, as fast as every machine of this kind can. What each
// does is said in scan_portable.hpp.

#include "rules/format/scan_portable.hpp"
#include "rules/format/scan_sse2.hpp"

namespace zoom_proxy::scan {

#if defined(__SSE2__)
namespace native = sse2;
#else
namespace native = portable;
#endif

using native::ascii_run;
using native::csv_special;
using native::digits_end;
using native::holds_at_sign;
using native::same_bytes;
using native::short_string_end;
using native::string_special;

}  // namespace zoom_proxy::scan
