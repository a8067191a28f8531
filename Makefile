# Two commands do everything on a fresh machine with only Python 3.11+: `make demo` and `make test`.
# `make test-kafka` needs Java 17 and Maven besides, `make test-docker` a Docker engine.
PYTHON ?= $(shell for found in python3.11 python3.12 python3.13 python3 python; do \
	$$found -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$found && break; done)
BIN := .venv/bin
KAFKA_TESTS := tests/e2e tests/faults tests/apache
PYTEST := $(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder
LONG := tests/e2e/test_bench.py tests/e2e/test_backup.py tests/contract/test_wheels.py

.PHONY: demo up test suite test-long fuzz test-kafka test-docker test-node test-pages test-tools java-and-maven check-alerts \
	bench lint format docs clean

demo: .venv/.installed  ## the town lives day by day until both stories are closed
	@$(BIN)/fiveplusn demo

up: .venv/.installed  ## the whole stack on .fiveplusn/, until Ctrl-C
	@$(BIN)/fiveplusn up

test: lint  ## everything that needs nothing but Python
	@$(MAKE) --no-print-directory suite

suite: .venv/.installed  ## the tests of it alone
	@$(PYTEST) $(LONG:%=--ignore %) --ignore tests/fuzz --ignore tests/node --ignore tests/pages

test-long: .venv/.installed  ## what takes minutes: the backup drill, the bench (small), the wheels
	@$(PYTEST) $(LONG)

fuzz: .venv/.installed  ## what the OpenAPI document allows and forbids, tried by Schemathesis
	@$(BIN)/python -m pytest tests/fuzz

test-kafka: java-and-maven .venv/.installed .kafka/.installed  ## the town and its faults on Apache Kafka, without Docker
	@FIVEPLUSN_EMBEDDED_BROKER=apache $(PYTEST) --ignore tests/e2e/test_bench.py $(KAFKA_TESTS)

test-docker: .venv/.installed  ## the same with PostgreSQL and Apache Kafka in containers
	@FIVEPLUSN_TEST_POSTGRES=container FIVEPLUSN_TEST_KAFKA=container \
		$(PYTEST) tests/faults tests/e2e/test_restart.py tests/e2e/test_town.py

test-node: .venv/.installed .node/.installed  ## the AsyncAPI document and the JavaScript example, with Node (from its wheel)
	@$(BIN)/python -m pytest tests/node

test-pages: test-tools  ## the demo as `make demo` runs it, then every page of the dashboard in a real browser
	@$(BIN)/python -m pytest tests/pages

test-tools: .venv/.installed .venv/.browser  ## Chromium (Debian's package) and Playwright

check-alerts:  ## the alert rules and their tests (promtool from Debian's package)
	@sh deploy/prometheus/check.sh

bench: .venv/.installed  ## how fast it is beside bare programs: a table, and bench.json
	@$(BIN)/fiveplusn bench

java-and-maven:
	@test "$$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')" -ge 17 2>/dev/null || \
		{ echo "需要 Java 17 或更高版本 / Java 17 or newer is needed"; exit 1; }
	@command -v mvn >/dev/null || { echo "需要 Maven（mvn）/ Maven (mvn) is needed"; exit 1; }

lint: .venv/.installed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m shared.events.catalogue --check
	@$(BIN)/python -m services.intake.border --check

format: .venv/.installed
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: .venv/.installed  ## docs/events.md and the JSON Schemas, from the code
	@$(BIN)/python -m shared.events.catalogue
	@$(BIN)/python -m services.intake.border

clean:
	rm -rf .venv .fiveplusn .pytest_cache .mypy_cache .ruff_cache .hypothesis .kafka .node

.venv/.installed: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "需要 Python 3.11 或更高版本 / Python 3.11 or newer is needed"; exit 1; }
	@echo "安装依赖 / installing what is needed …"
	@"$(PYTHON)" -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/.browser: .venv/.installed tests/pages/requirements.lock
	@command -v chromium >/dev/null || { echo "安装 Chromium / installing Chromium …"; \
		{ apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends -y chromium fonts-noto-cjk; } >/dev/null || \
		{ echo "需要 Chromium（chromium）/ Chromium (chromium) is needed"; exit 1; }; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/pages/requirements.lock
	@touch $@

.node/.installed: .venv/.installed tests/node/package.json tests/node/package-lock.json tests/node/requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/node/requirements.lock
	@mkdir -p .node && cp tests/node/package*.json .node/
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --prefix .node --ignore-scripts --no-audit --no-fund --silent
	@touch $@

.kafka/.installed: ops/embedded/kafka-pom.xml | .venv/.installed
	@echo "下载 Apache Kafka / fetching Apache Kafka …"
	@rm -rf .kafka/jars .kafka/classes.jsa
	@mvn --quiet --batch-mode -Dstyle.color=never --file $< dependency:copy-dependencies
	@$(BIN)/python -m ops.embedded.apache
	@touch $@
