#!/bin/bash
# Takes messages from a queue and runs a command for each, several at a time. When its
# Auto Scaling group wants this server gone, or systemd this program, it takes no more
# messages, waits for those in work, and then says that the server may go.
set -u
export LC_ALL=C.UTF-8
root=${WEBTIER_ROOT:-}
imds=${WEBTIER_IMDS:-http://169.254.169.254}
poll=${WEBTIER_POLL:-20} # seconds that SQS waits for a message
set -a
. "$root/etc/webtier/queue.env" # QUEUE_URL, AUTO_SCALING_GROUP, LIFECYCLE_HOOK, CONCURRENCY, AWS_REGION
. "$root/etc/webtier/worker.env"
set +a

stopped=
trap 'stopped=yes' TERM INT
running() { jobs -rp | wc -l; }

# metadata PATH: only with a token, for servers answer to IMDSv2 alone.
metadata() {
  local token
  token=$(curl -sf -m 2 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$imds/latest/api/token") &&
    curl -sf -m 2 -H "X-aws-ec2-metadata-token: $token" "$imds/latest/meta-data/$1"
}

# A server of no group has no target state, and stays.
unwanted() { [ "$(metadata autoscaling/target-lifecycle-state)" = Terminated ]; }

# again COMMAND…: until it succeeds, a few times.
again() {
  local try
  for try in 1 2 3 4 5 6 7 8 9 10; do
    "$@" && return 0
    sleep "$((try < 5 ? try : 5))"
  done
  return 1
}

# For how long messages are hidden from other servers. It may change under way.
read_visibility() {
  local seconds
  seconds=$(aws sqs get-queue-attributes --queue-url "$QUEUE_URL" --attribute-names VisibilityTimeout \
    --query Attributes.VisibilityTimeout --output text) || return 1
  case $seconds in '' | *[!0-9]*) return 1 ;; esac
  visibility=$((seconds > 2 ? seconds : 2))
  visibility_read=$SECONDS
}

# Hides a message for longer, while it is in work. SQS refuses what would hide it for
# more than twelve hours in all.
keep_hidden() {
  local nap=
  trap 'kill "$nap"; exit' TERM
  while sleep "$((visibility / 2))" & nap=$! && wait "$nap"; do
    aws sqs change-message-visibility --queue-url "$QUEUE_URL" --receipt-handle "$1" --visibility-timeout "$visibility" ||
      echo "message $2 cannot be hidden for longer" >&2
  done
}

# work ID HANDLE COUNT BODY: a message that cannot be processed is left to the queue,
# which gives it to a server again, and after some times to the dead-letter queue.
work() {
  local keeper status
  keep_hidden "$2" "$1" &
  keeper=$!
  printf '%s' "$4" | MESSAGE_ID=$1 RECEIVE_COUNT=$3 timeout --kill-after=10 "$COMMAND_TIMEOUT" "$root/usr/local/lib/webtier/on-message"
  status=$?
  kill "$keeper"
  wait "$keeper"
  if [ "$status" = 0 ]; then
    again aws sqs delete-message --queue-url "$QUEUE_URL" --receipt-handle "$2" || echo "message $1 is processed and cannot be deleted" >&2
  else
    echo "message $1: the command failed with status $status, at attempt $3" >&2
  fi
}

# take receives a message and starts its work. Fields come separated by tabs, the body,
# which may have any character, as the last.
take() {
  local fields id handle count
  fields=$(aws sqs receive-message --queue-url "$QUEUE_URL" --max-number-of-messages 1 --wait-time-seconds "$poll" \
    --visibility-timeout "$visibility" --attribute-names ApproximateReceiveCount \
    --query 'Messages[0].[MessageId,ReceiptHandle,Attributes.ApproximateReceiveCount,Body]' --output text && echo .) || return 1
  fields=${fields%$'\n.'}
  case $fields in *$'\t'*$'\t'*$'\t'*) ;; *) return 0 ;; esac
  id=${fields%%$'\t'*} fields=${fields#*$'\t'}
  handle=${fields%%$'\t'*} fields=${fields#*$'\t'}
  count=${fields%%$'\t'*} fields=${fields#*$'\t'}
  work "$id" "$handle" "$count" "$fields" &
}

lifecycle() {
  aws autoscaling "$@" --auto-scaling-group-name "$AUTO_SCALING_GROUP" --lifecycle-hook-name "$LIFECYCLE_HOOK" --instance-id "$instance"
}

# drain waits for the work in hand. The hook ends the server unless it hears from it.
drain() {
  local heard=-100000 every=$((visibility < 2700 ? visibility / 3 : 900))
  echo "no more messages are taken, $(running) are in work"
  while [ "$(running)" -gt 0 ]; do
    if [ -n "$instance" ] && [ "$((SECONDS - heard))" -ge "$every" ]; then
      lifecycle record-lifecycle-action-heartbeat && heard=$SECONDS
    fi
    sleep 1
  done
}

until read_visibility; do
  echo "$QUEUE_URL cannot be read; trying again" >&2
  sleep 5
done
asked=-100000 instance=
while [ -z "$stopped" ]; do
  if [ "$((SECONDS - asked))" -ge 5 ]; then
    asked=$SECONDS
    if unwanted; then break; fi
  fi
  if [ "$(running)" -ge "$CONCURRENCY" ]; then
    sleep 1
    continue
  fi
  [ "$((SECONDS - visibility_read))" -lt 600 ] || read_visibility
  take || sleep 5
done
if [ -z "$stopped" ] && [ -n "$LIFECYCLE_HOOK" ]; then
  instance=$(again metadata instance-id)
fi
drain
if [ -n "$instance" ]; then
  again lifecycle complete-lifecycle-action --lifecycle-action-result CONTINUE && echo "this server may go"
fi
