#!/bin/bash
# Pulls content from the master, by a timer. What it does is in sync.conf.
# Nothing is deleted here unless the master answered and has something to give.
set -u
root=${WEBTIER_ROOT:-}
. "$root/etc/webtier/sync.conf"
state=$root/var/lib/webtier/sync
mkdir -p "$state"
now() { echo "${WEBTIER_NOW:-$(date +%s)}"; }
read_number() { cat "$state/$1" 2>/dev/null || echo 0; }

# The age of the content stands in a file for health checks, unless it is too old.
show_age() {
  [ -n "$HEALTH_FILE" ] || return 0
  local file=$root$HEALTH_FILE age=$(($(now) - $(read_number last-success)))
  if [ "$age" -le "$MAX_AGE" ]; then
    mkdir -p "$(dirname "$file")" && echo "$age" >"$file.new" && chmod 644 "$file.new" && mv -f "$file.new" "$file"
  else
    rm -f "$file"
  fi
}

# pull MODULE FOLDER
pull() {
  local source="rsync://$MASTER:$PORT/$1" folder=$root$2 listing
  if ! listing=$(rsync --contimeout=10 --timeout=60 --list-only "$source/"); then
    echo "$2: the master does not answer; nothing is changed" >&2
    return 1
  fi
  # The first line is the folder itself. An empty one is a disk that is not mounted.
  if [ "$(printf '%s\n' "$listing" | grep -c .)" -le 1 ]; then
    echo "$2: empty on the master; nothing is changed" >&2
    return 1
  fi
  mkdir -p "$folder"
  rsync -aH --numeric-ids --contimeout=10 --timeout=60 --delay-updates "${OPTIONS[@]}" \
    --exclude-from="$root/etc/webtier/sync-$1.exclude" "$source/" "$folder/"
}

show_age
exec 9>"$state/lock"
flock -n 9 || { echo "the last pull is still going on"; exit 0; }
[ "$(now)" -ge "$(read_number not-before)" ] || { echo "waiting after $(read_number failures) failed pulls"; exit 0; }

failed=0
for entry in "${FOLDERS[@]}"; do
  pull "${entry%%:*}" "${entry#*:}" || failed=1
done
if [ "$failed" = 0 ]; then
  now >"$state/last-success"
  rm -f "$state/failures" "$state/not-before"
else
  # Twice as long after each failure, up to half of MAX_AGE, so that a pull is tried
  # at least once before the content counts as too old.
  failures=$(($(read_number failures) + 1))
  wait=$((INTERVAL << (failures < 10 ? failures : 10)))
  [ "$wait" -le "$((MAX_AGE / 2))" ] || wait=$((MAX_AGE / 2))
  echo "$failures" >"$state/failures"
  echo "$(($(now) + wait))" >"$state/not-before"
fi
show_age
exit "$failed"
