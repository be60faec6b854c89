#!/bin/sh
# Writes what a Claude Code hook is given on standard input into the event store's spool, by temporary file and
# rename. Starts nothing but cat and mv, never blocks, never fails: the user's work goes on whatever happens here.
# Any `eso` process makes events of it.
#
#   spool.sh [--ended]      --ended: the session is over; let eso complete it from its transcript, detached

umask 077
branch=

# The store's folder for a project's folder: $ESO_STORE, else storage.base_path of the nearest
# config/event-sourcing.yaml, else sessions/events under the main worktree.
find_store() {
  store=
  main=
  dir=$1
  while :; do
    if [ -z "$main" ]; then
      if [ -d "$dir/.git" ]; then
        main=$dir
        git_dir=$dir/.git
      elif [ -f "$dir/.git" ]; then
        # A linked worktree: "gitdir: /main/.git/worktrees/name".
        IFS= read -r line <"$dir/.git" || :
        git_dir=${line#gitdir: }
        case $git_dir in
          /*) ;;
          *) git_dir=$dir/$git_dir ;;
        esac
        case $git_dir in
          */.git/worktrees/*) main=${git_dir%/.git/worktrees/*} ;;
          *) main=$dir ;;
        esac
      fi
      if [ -n "$main" ] && [ -f "$git_dir/HEAD" ]; then
        IFS= read -r line <"$git_dir/HEAD" || :
        case $line in
          "ref: refs/heads/"*) branch=${line#ref: refs/heads/} ;;
        esac
      fi
    fi
    if [ -z "$store" ] && [ -f "$dir/config/event-sourcing.yaml" ]; then
      while IFS= read -r line || [ -n "$line" ]; do
        case $line in
          *base_path:*)
            path=${line#*base_path:}
            path=${path%%#*}
            path=${path#"${path%%[! ]*}"}
            path=${path%"${path##*[! ]}"}
            path=${path#[\"\']}
            path=${path%[\"\']}
            case $path in
              "" | null | "~") ;;
              /*) store=$path ;;
              *) store=$dir/$path ;;
            esac
            ;;
        esac
      done <"$dir/config/event-sourcing.yaml"
    fi
    case $dir in
      / | "" | .) break ;;
    esac
    dir=${dir%/*}
    [ -n "$dir" ] || dir=/
  done
  [ -z "$store" ] && store=${main:-$1}/sessions/events
  [ -n "$ESO_STORE" ] && store=$ESO_STORE
}

write_spool() {
  find_store "${CLAUDE_PROJECT_DIR:-$PWD}"
  # Where nobody keeps a record, nothing is left behind. `eso init` or `eso backfill` begins one.
  [ -d "$store/.store" ] || return 0
  spool=$store/.store/spool
  [ -d "$spool" ] || mkdir -p "$spool" || return 0
  # Without clobbering: a process id may come back before its file is taken.
  set -C
  n=0
  while [ "$n" -lt 100 ]; do
    name=cc-$$-$n
    n=$((n + 1))
    [ -e "$spool/$name.hook" ] && continue
    { printf 'eso-hook/1 %s\n' "$branch" >"$spool/$name.tmp"; } 2>/dev/null || continue
    cat >>"$spool/$name.tmp" || return 0
    mv "$spool/$name.tmp" "$spool/$name.hook" || return 0
    break
  done
  if [ "$1" = --ended ] && command -v eso >/dev/null 2>&1; then
    if command -v setsid >/dev/null 2>&1; then
      ESO_STORE=$store setsid eso reconcile </dev/null >/dev/null 2>&1 &
    else
      ESO_STORE=$store nohup eso reconcile </dev/null >/dev/null 2>&1 &
    fi
  fi
}

write_spool "$@" 2>/dev/null
exit 0
