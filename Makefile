# Short names for the steps of build.sh. CONFIG, TESTS, DEMO_SECONDS and JUNIT_JAR reach it through the environment.
# FUZZ_SECONDS, default 60, says how long `fuzz` takes.
.PHONY: jar test fuzz check lint format run demo bench bench-start aot image dist deploy clients chaos stress vanished clean distclean
jar: ; @./build.sh jar
test: ; @./build.sh test
fuzz: ; @TESTS=FrontFuzzTest FUZZ_SECONDS=$${FUZZ_SECONDS:-60} ./build.sh test
lint: ; @./build.sh lint
check: ; @./build.sh lint && $(MAKE) --no-print-directory test
format: ; @./build.sh format
run: ; @./build.sh run
demo: ; @./build.sh demo
bench: ; @./build.sh bench
bench-start: ; @BENCH_ONLY=start BENCH_START=1 ./build.sh bench
aot: ; @./build.sh aot
image: ; @./build.sh image
dist: ; @./build.sh dist
deploy: ; @./build.sh deploy
clients: ; @./build.sh clients
chaos: ; @./build.sh chaos
stress: ; @CHAOS_ONLY=hostile CHAOS_SECONDS=$${CHAOS_SECONDS:-600} ./build.sh chaos
vanished: ; @./build.sh vanished
clean: ; @./build.sh clean
distclean: ; @./build.sh distclean
