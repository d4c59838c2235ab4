"""The commands of gcloud that our scripts and pages use, each with the flags that it knows, so that
a stand-in refuses what gcloud itself would refuse. Started as a program it says whether its
arguments are such a command."""

import sys

# A command; how many words follow it; flags that it must have; flags that it may have. One that
# ends with `=` takes a value.
COMMANDS = """
artifacts repositories create | 1 | --repository-format= | --location= --description=
auth configure-docker | 1 | |
auth print-identity-token | 0 | |
builds submit | 0-1 | | --config= --tag= --substitutions= --machine-type= --timeout= --region=
config get | 1 | |
config set | 2 | |
eventarc triggers create | 1 | --location= --event-filters= | --service-account= \
  --destination-run-service= --destination-run-region= --destination-run-path=
iam service-accounts add-iam-policy-binding | 1 | --member= --role= |
iam service-accounts create | 1 | | --display-name=
iam service-accounts list | 0 | | --filter=
logging read | 1 | | --freshness= --order= --limit=
logging sinks update | 1-2 | | --add-exclusion= --log-filter=
projects add-iam-policy-binding | 1 | --member= --role= | --condition=
projects describe | 1 | |
run jobs add-iam-policy-binding | 1 | --member= --role= --region= |
run jobs deploy | 1 | --image= --region= | --service-account= --args= --max-retries= \
  --set-env-vars= --set-secrets=
run jobs execute | 1 | --region= | --wait --tasks=
run jobs replace | 1 | --region= |
run jobs update | 1 | --region= | --tasks= --parallelism=
run revisions list | 0 | --region= | --service=
run services add-iam-policy-binding | 1 | --member= --role= --region= |
run services describe | 1 | --region= |
run services get-iam-policy | 1 | --region= | --filter=
run services list | 0 | --region= | --filter=
run services remove-iam-policy-binding | 1 | --member= --role= --region= |
run services replace | 1 | --region= |
run services update-traffic | 1 | --region= | --to-latest --to-revisions=
scheduler jobs create http | 1 | --location= --schedule= --uri= | --http-method= \
  --oauth-service-account-email= --time-zone=
secrets add-iam-policy-binding | 1 | --member= --role= |
secrets create | 1 | | --data-file= --replication-policy= --locations=
secrets list | 0 | | --filter=
secrets versions access | 1 | --secret= |
secrets versions add | 1 | --data-file= |
services enable | 1- | |
storage buckets add-iam-policy-binding | 1 | --member= --role= |
storage ls | 0-1 | | --recursive
storage service-agent | 0 | |
"""
EVERYWHERE = {"--project=", "--quiet", "--format=", "--flatten="}


def commands():
    """Of each command: the least and most words it takes; the flags it needs; all its flags."""
    found = {}
    for line in COMMANDS.replace("\\\n", "").strip().split("\n"):
        name, count, required, optional = (part.strip() for part in line.split("|"))
        least, dash, most = count.partition("-")
        found[name] = (int(least), int(most or 99) if dash else int(least),
                       set(required.split()), set(required.split()) | set(optional.split()))
    return found


def parse(arguments):
    """The command, the words that follow it, and its flags (name to value); exits with 2, as gcloud
    does, where gcloud would not take them."""
    words, flags = [], {}
    for argument in arguments:
        if argument.startswith("-") and argument != "-":
            name, equals, value = argument.partition("=")
            flags[name + equals] = value
        else:
            words.append(argument)
    known = commands()
    command = next((" ".join(words[:length]) for length in range(len(words), 0, -1)
                    if " ".join(words[:length]) in known), None)
    if command is None:
        sys.stderr.write(f"gcloud {' '.join(words)}: no command of gcloud_commands.py\n")
        sys.exit(2)
    least, most, required, all_flags = known[command]
    words = words[len(command.split()):]
    wrong = [f"it has no flag {flag}" for flag in sorted(set(flags) - all_flags - EVERYWHERE)]
    wrong += [f"{flag} is missing" for flag in sorted(required - set(flags))]
    wrong += [f"{flag} is empty" for flag in sorted(flags) if flag[-1] == "=" and not flags[flag]]
    if not least <= len(words) <= most:
        wrong.append(f"it takes {least} to {most} words, not {len(words)}")
    if wrong:
        sys.stderr.write(f"gcloud {command}: {'; '.join(wrong)}\n")
        sys.exit(2)
    return command, words, {flag.strip("-="): value for flag, value in flags.items()}


if __name__ == "__main__":
    parse(sys.argv[1:])
