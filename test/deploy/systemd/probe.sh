#!/bin/sh
# Tries what the unit forbids. `probe.sh refused` runs in its sandbox, where each must fail and the rest must work;
# `probe.sh allowed` runs without, where each must succeed, or the probe itself shows nothing.
set -u

expected=$1
wrong=0

# try WHAT COMMAND...
try() {
  what=$1
  shift
  if "$@" >/dev/null 2>&1; then found=allowed; else found=refused; fi
  [ "$found" = "$expected" ] || echo "$what: $found, not $expected"
  [ "$found" = "$expected" ] || wrong=1
}

# must WHAT COMMAND...: works in both.
must() {
  what=$1
  shift
  "$@" >/dev/null || wrong=1
}

try 'write to /etc' sh -c ': >/etc/llmhop/probe'
try 'write to /var' sh -c ': >/var/lib/probe'
try 'read /home' ls /home/somebody/secret
try 'see other processes' ls /proc/1/status
try 'make a control group' mkdir "/sys/fs/cgroup/probe-$expected"
try 'a user namespace' unshare -U true
try 'a host name' sh -c 'hostname probe'
try 'a netlink socket' ip addr
try 'real-time scheduling' chrt -f 1 true
try 'a higher priority' renice -n -1 -p $$
try 'a change of user' setpriv --reuid 1234 --clear-groups true
cp /bin/true /tmp/true
try 'a program in /tmp' /tmp/true
rm /tmp/true
must 'a file in /tmp' touch /tmp/probe
[ "$expected" = allowed ] || must 'a file in /run/llmhop' touch "$RUNTIME_DIRECTORY/probe"
exit "$wrong"
