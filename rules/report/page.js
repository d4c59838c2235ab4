"use strict";
(() => {
  const box = document.getElementById("words");
  const found = document.getElementById("found");
  const textOf = (element) => element.textContent.replace(/\s+/g, " ").toLowerCase();

  const endpoints = [...document.querySelectorAll(".endpoint")].map((section) => ({
    section,
    words: section.dataset.words.toLowerCase(),
    rows: [...section.querySelectorAll(".fields tbody:not(.others) tr")].map((row) => ({
      row,
      words: textOf(row),
    })),
  }));
  const total = endpoints.reduce((sum, endpoint) => sum + endpoint.rows.length, 0);

  // Each word must stand in the endpoint's words or in the row's.
  const search = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let rows = 0;
    let sections = 0;
    for (const endpoint of endpoints) {
      const left = words.filter((word) => !endpoint.words.includes(word));
      let shown = 0;
      for (const { row, words: text } of endpoint.rows) {
        const fits = left.every((word) => text.includes(word));
        row.classList.toggle("missed", !fits);
        shown += fits ? 1 : 0;
      }
      endpoint.section.classList.toggle("missed", left.length > 0 && shown === 0);
      endpoint.section.classList.toggle("partly", left.length > 0);
      rows += shown;
      sections += left.length === 0 || shown > 0 ? 1 : 0;
    }
    found.textContent =
      words.length === 0
        ? ""
        : rows === 0 && sections === 0
          ? "Nothing has this in its name."
          : `${rows} of ${total} fields, in ${sections} of ${endpoints.length} requests`;
  };

  box.addEventListener("input", search);
  document.getElementById("search").hidden = false;
  search();

  // On paper nothing is folded.
  window.addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
})();
