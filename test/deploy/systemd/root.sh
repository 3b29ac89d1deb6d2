#!/usr/bin/env bash
# Builds a small root directory in memory and becomes its systemd. test/deploy/systemd.sh calls it in namespaces of
# its own (mounts, processes, network, host name, IPC, control groups), so that nothing of this reaches the machine.
#
# Usage: root.sh EMPTY-FOLDER REPOSITORY JAVA-HOME
set -euo pipefail

root=$1
repository=$2
java_home=$3

bind_read_only() {
  mkdir -p "$2"
  mount --rbind "$1" "$2"
  mount -o remount,bind,ro "$2"
}

mount --make-rprivate /
mount -t tmpfs -o mode=755 none "$root"
cd "$root"
mkdir -p dev etc/systemd/system home/somebody proc root run sys tmp var/lib var/log
chmod 1777 tmp

# The programs of the machine.
bind_read_only /usr usr
for folder in bin sbin lib lib32 lib64 libx32; do
  if [ -L "/$folder" ]; then
    cp -P "/$folder" "$folder"
  elif [ -d "/$folder" ]; then
    bind_read_only "/$folder" "$folder"
  fi
done
for file in ld.so.cache ld.so.conf alternatives ssl/certs ca-certificates java* os-release; do
  for found in /etc/$file; do
    [ -e "$found" ] || continue
    mkdir -p "etc/$(dirname "${found#/etc/}")"
    cp -rP "$found" "etc/${found#/etc/}"
  done
done

# What a machine is.
printf 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/usr/sbin/nologin\n' >etc/passwd
printf 'root:x:0:\nwww-data:x:33:\nnogroup:x:65534:\n' >etc/group
printf 'passwd: files systemd\ngroup: files systemd\nhosts: files dns\n' >etc/nsswitch.conf
printf '127.0.0.1 localhost\n::1 localhost\n' >etc/hosts
printf '%032d\n' 7 >etc/machine-id
: >etc/fstab
: >home/somebody/secret

# The router as it is installed, Java as its own runtime.
mount -t tmpfs -o mode=755 none usr/local
mkdir -p usr/local/bin usr/local/lib/llmhop usr/local/lib/systemd/system
cp "$repository/bin/llmhop" usr/local/bin/
cp "$repository"/{bin/jvm.options,bin/health.options,bin/java-homes.sh,build/llmhop.jar} usr/local/lib/llmhop/
cp "$repository"/deploy/systemd/llmhop.{service,socket} usr/local/lib/systemd/system/
bind_read_only "$java_home" usr/local/lib/llmhop/runtime
bind_read_only "$repository" opt/repository

# Of the machine's units journald is enough: others would set its kernel's variables or load modules.
for wanted in sysinit basic local-fs sockets timers paths multi-user; do
  folder=usr/lib/systemd/system/$wanted.target.wants
  [ ! -d "$folder" ] || mount -t tmpfs none "$folder"
done
mkdir etc/systemd/system/sysinit.target.wants
ln -s /lib/systemd/system/systemd-journald.service etc/systemd/system/sysinit.target.wants/
[ ! -d usr/lib/systemd/system-generators ] || mount -t tmpfs none usr/lib/systemd/system-generators

mount -t proc none proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro none sys
mount -t cgroup2 none sys/fs/cgroup
mount -t tmpfs -o mode=755 none dev
for device in null zero full random urandom tty; do
  : >"dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 none dev/pts
mount -t tmpfs -o mode=1777 none dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs -o mode=755 none run

mkdir old
pivot_root . old
umount -l /old
rmdir /old
# Credentials are mounted by a child of systemd, which it has to see.
mount --make-rshared /
for systemd in /usr/lib/systemd/systemd /lib/systemd/systemd; do
  # `container` has systemd leave alone what is the machine's.
  [ ! -x "$systemd" ] || exec env -i container=llmhop PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    "$systemd" --system --unit=basic.target --show-status=no
done
echo "there is no systemd in /usr/lib/systemd" >&2
exit 1
