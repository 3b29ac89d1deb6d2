# shellcheck shell=sh
# Where systems keep their JDKs; read by bin/llmhop and build.sh.

# Runs the command $@ with each folder that may hold a JDK behind it, until it succeeds.
each_java_home() {
  for java_home in /usr/lib/jvm/* /usr/lib64/jvm/* /usr/java/* /usr/local/lib/jvm/* /usr/local/*jdk* \
    /opt/* /opt/java/* /opt/jvm/* /snap/openjdk/current/jdk \
    "${HOME:-}"/.sdkman/candidates/java/* "${HOME:-}"/.jdks/* "${HOME:-}"/.asdf/installs/java/* \
    "${HOME:-}"/.local/share/mise/installs/java/* "${HOME:-}"/.jenv/versions/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home \
    "${HOME:-}"/Library/Java/JavaVirtualMachines/*/Contents/Home \
    /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
    /usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
    /home/linuxbrew/.linuxbrew/opt/openjdk*/libexec \
    /run/current-system/sw/lib/openjdk /run/current-system/sw \
    "${HOME:-}"/.nix-profile/lib/openjdk "${HOME:-}"/.nix-profile "${HOME:-}"/.guix-profile; do
    "$@" "$java_home" && return
  done
  return 1
}
