# What the jar and its tests are made of; nothing else of the checkout causes a build.
{ lib }:
lib.fileset.toSource {
  root = ../.;
  fileset = lib.fileset.unions [
    ../LICENSE
    ../Makefile
    ../bin
    ../build.sh
    ../config.example.json
    ../docs/configuration.md
    ../docs/limits.md
    ../docs/paths.md
    ../src
    ../test/junit-platform.properties
    ../test/llmhop
    ../test/vectors
    ../tools
  ];
}
