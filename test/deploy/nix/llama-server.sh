#!/bin/sh
# llama-server as the module starts it, with simulated answers.
set -eu
[ "$1 $3 $5" = "--host --port --alias" ] || exit 1
exec @llmhop@ simulate --host "$2" --port "$4" --model "$6" --ttft 10ms
