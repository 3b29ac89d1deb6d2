# The router's image: a Java runtime of the modules that it uses, the jar, an AOT cache, the C library, nothing else.
#
#   docker build -t llmhop:0.1.0 .
#   docker run --read-only --cap-drop ALL -p 127.0.0.1:8080:8080 -v ./config:/etc/llmhop:ro llmhop:0.1.0
#
# Everything but the last layer (the AOT cache) has the same bytes each time where SOURCE_DATE_EPOCH is kept:
# docs/deploy.md.

# A JDK 25 or newer with glibc and a shell, for amd64 or arm64. The tag is for people, the digest counts.
ARG JDK_IMAGE=eclipse-temurin:25.0.3_9-jdk-noble@sha256:3eb81ed94d8c1a34422f19f8188548bdf02cae69c91d0328afdbb7abed90f617

FROM ${JDK_IMAGE} AS build
ARG SOURCE_DATE_EPOCH=1767225600
WORKDIR /src
COPY . .
RUN ./build.sh jar
RUN deploy/image/root.sh /image /cache

FROM scratch
ARG VERSION=0.1.0
# The commit: --build-arg REVISION=$(git rev-parse HEAD)
ARG REVISION=unknown
LABEL org.opencontainers.image.title="LLMhop" \
  org.opencontainers.image.description="One port, many models: a router for self-hosted inference servers" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
COPY --from=build /image/ /
COPY --from=build /cache/ /
USER 65532:65532
WORKDIR /etc/llmhop
EXPOSE 8080
STOPSIGNAL SIGTERM
# Asks the router of config.json in the working directory: who names another file in CMD names it here, too.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["/opt/llmhop/runtime/bin/java", \
  "@/opt/llmhop/health.options", "-XX:AOTCache=/opt/llmhop/llmhop.aot", "-jar", "/opt/llmhop/llmhop.jar", "health"]
# No core of a crash, in which the tokens would be: a container may have no limit of its own.
ENTRYPOINT ["/opt/llmhop/runtime/bin/java", "@/opt/llmhop/jvm.options", "-XX:-CreateCoredumpOnCrash", \
  "-XX:AOTCache=/opt/llmhop/llmhop.aot", "-jar", "/opt/llmhop/llmhop.jar"]
CMD ["--config", "/etc/llmhop/config.json"]
