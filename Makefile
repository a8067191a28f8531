# Two commands do everything on a fresh machine with only Python 3.11+: `make demo` and `make test`.
PYTHON ?= $(shell for found in python3.11 python3.12 python3.13 python3 python; do \
	$$found -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$found && break; done)
BIN := .venv/bin

.PHONY: demo up test lint format docs clean

demo: .venv/.installed  ## the town lives day by day until both stories are closed
	@$(BIN)/fiveplusn demo

up: .venv/.installed  ## the whole stack on .fiveplusn/, until Ctrl-C
	@$(BIN)/fiveplusn up

test: lint  ## everything that needs nothing but Python
	@$(BIN)/python -m pytest

lint: .venv/.installed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m shared.events.catalogue --check

format: .venv/.installed
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: .venv/.installed  ## docs/events.md and the JSON Schemas, from the code
	@$(BIN)/python -m shared.events.catalogue

clean:
	rm -rf .venv .fiveplusn .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/.installed: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "需要 Python 3.11 或更高版本 / Python 3.11 or newer is needed"; exit 1; }
	@echo "安装依赖 / installing what is needed …"
	@"$(PYTHON)" -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
