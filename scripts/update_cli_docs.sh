#!/usr/bin/env bash
# Writes what --help prints, command by command, to docs/cli.md, below its introduction; tests/cli fails where that is
# stale. Usage: scripts/update_cli_docs.sh [BANOFF], by default build/dev/cli/banoff.
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
cd "$root"
banoff=${1:-build/dev/cli/banoff}
page=$(sed '/^## /,$d' docs/cli.md)
for command in $("$banoff" --help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z]\+\) .*/\1/p'); do
  # shellcheck disable=SC2016 # backticks of Markdown
  page+=$(printf '\n\n## banoff %s\n```\n%s\n```' "$command" "$("$banoff" "$command" --help)")
done
printf '%s\n' "$page" >docs/cli.md
