#!/usr/bin/env bash
# Puts the proxy on Cloud Run: makes what is missing, changes nothing that is there but the service,
# and may be run again at any time: for a new version, a new secret, other settings. README.md
# explains the variables.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

missing=0
# need NAME MEANING: that variable must be set.
need() {
  [ -n "${!1-}" ] || {
    [ "$missing" = 1 ] || echo "Set these variables (export NAME=value), then run it again:" >&2
    echo "  $1: $2" >&2
    missing=1
  }
}

need PROJECT "the project's id, such as acme-prod"
need REGION "where it should run, such as europe-west1"
[ "$missing" = 0 ] || {
  echo "The first time it also needs IMAGE, WORKLYTICS_SA, ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID and" \
    "ZOOM_CLIENT_SECRET." >&2
  exit 2
}
command -v gcloud >/dev/null || {
  echo "gcloud is not installed. Cloud Shell has it: run this there." >&2
  exit 2
}

gcloud() { command gcloud --project="$PROJECT" --quiet "$@"; }
service() { gcloud run services "$@" --region="$REGION"; }

echo "Services of Google Cloud"
gcloud services enable run.googleapis.com secretmanager.googleapis.com iam.googleapis.com

# What is in place. A list, as it tells "is not there" from "could not be asked".
old_image='' old_callers='' old_traffic=''
if [ -n "$(service list --filter=metadata.name=zoom-proxy --format='value(metadata.name)')" ]; then
  old_image=$(service describe zoom-proxy \
    --format='value(spec.template.spec.containers[0].image)')
  old_traffic=$(service describe zoom-proxy --format='yaml(spec.traffic)')
  old_callers=$(service get-iam-policy zoom-proxy --flatten='bindings[].members' \
    --filter=bindings.role=roles/run.invoker --format='value(bindings.members)')
fi
IMAGE=${IMAGE:-$old_image}
WORKLYTICS_SA=${WORKLYTICS_SA:-$(sed -n '/^serviceAccount:/{s///p;q;}' <<<"$old_callers")}
need IMAGE "the image, such as $REGION-docker.pkg.dev/$PROJECT/images/zoom-proxy:0.1.0"
need WORKLYTICS_SA "the service account of your tenant, as the Worklytics portal shows it, such as
    acme@worklytics-tenants.iam.gserviceaccount.com"

secrets=$(gcloud secrets list --format='value(name.basename())')
has_secret() { grep -qx "zoom-proxy-$1" <<<"$secrets"; }
has_secret account-id || need ZOOM_ACCOUNT_ID "Account ID of the Server-to-Server OAuth app"
has_secret client-id || need ZOOM_CLIENT_ID "its Client ID"
has_secret client-secret || need ZOOM_CLIENT_SECRET "its Client Secret"
[ "$missing" = 0 ] || exit 2

echo "Image $IMAGE"
[ -z "$old_image" ] || [ "$old_image" = "$IMAGE" ] || echo "  in place of $old_image"
echo "Caller $WORKLYTICS_SA"

account="zoom-proxy@$PROJECT.iam.gserviceaccount.com"
accounts=$(gcloud iam service-accounts list --filter="email=$account" --format='value(email)')
if [ -z "$accounts" ]; then
  echo "Service account $account"
  gcloud iam service-accounts create zoom-proxy --display-name=zoom-proxy
fi

# secret NAME VALUE: makes it unless it is there, within the region; the proxy alone may read it.
# The value goes through a pipe, as others can see a command line.
secret() {
  if ! has_secret "$1"; then
    echo "Secret zoom-proxy-$1"
    printf %s "$2" | gcloud secrets create "zoom-proxy-$1" \
      --replication-policy=user-managed --locations="$REGION" --data-file=-
  fi
  gcloud secrets add-iam-policy-binding "zoom-proxy-$1" --member="serviceAccount:$account" \
    --role=roles/secretmanager.secretAccessor >/dev/null
}
secret account-id "${ZOOM_ACCOUNT_ID-}"
secret client-id "${ZOOM_CLIENT_ID-}"
secret client-secret "${ZOOM_CLIENT_SECRET-}"
salt=$(openssl rand -base64 32)
encryption_key=$(openssl rand -base64 32)
secret salt "$salt"
secret encryption-key "$encryption_key"
secret previous-encryption-keys $'\n'   # none; a secret cannot be empty

echo "Service zoom-proxy"
manifest=$(mktemp --suffix=.yaml)
trap 'rm -f "$manifest"' EXIT
# The time makes a new revision even if nothing else is new: its instances read the secrets anew.
sed -e "s|image: .*|image: $IMAGE|" -e "s|@PROJECT\.|@$PROJECT.|" \
  -e "s|value: PROJECT|value: $PROJECT|" \
  -e "s|deployed: .*|deployed: $(date -u +%Y%m%d-%H%M%S-%N)|" service.yaml >"$manifest"
# Without `traffic` the service would go back to its latest revision, and a rollback be undone. The
# file ends within `spec`, so that it may be put behind.
grep -v '^spec:' <<<"$old_traffic" >>"$manifest" || true
service replace "$manifest"
service add-iam-policy-binding zoom-proxy --member="serviceAccount:$WORKLYTICS_SA" \
  --role=roles/run.invoker >/dev/null

if grep -q revisionName <<<"$old_traffic"; then
  cat <<END

Requests go to the revisions where they went before, which may not be the one just made:
$(grep -v '^spec:' <<<"$old_traffic")
To let the latest revision have them all, now and from now on:
  gcloud run services update-traffic zoom-proxy --to-latest --region=$REGION --project=$PROJECT
END
fi
url=$(service describe zoom-proxy --format='value(status.url)')
cat <<END

It runs. Enter in Worklytics, for the connector "Zoom via Psoxy":
  Proxy Instance Type   GCP
  Psoxy Base URL        $url
END
