# The two commands first: `make run` for people, `make test` for changes. `make help` lists all.

PYTHON ?= python3
COUNT ?= 1000000
FILES ?= 50000
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest -n 2 --dist worksteal
# What depends on the store is tested on both.
STORE_TESTS = $(wildcard tests/accounts tests/inventory tests/exchange tests/checks tests/web)

.DEFAULT_GOAL := help
.PHONY: help run test lint fuzz bench lock clean venv venv-dev parts

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-6s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: venv ## start the application; PORT=8000 unless given
	@exec $(BIN)/python -m dicomcfg.launch

test: lint parts ## lint, then every test, those of the store also on PostgreSQL and Redis
	$(PYTEST) --store=sqlite
	$(PYTEST) --store=postgresql $(STORE_TESTS)

lint: venv-dev ## formatting, types and the direction of the arrows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fuzz: venv-dev ## throw COUNT=1000000 mutated PDUs, and FILES=50000 mutated files at each reader
	$(BIN)/python -m tests.upper_layer.fuzz_pdus --count $(COUNT)
	$(BIN)/python -m tests.core.fuzz_formats --count $(FILES)

bench: venv-dev parts ## measure against pynetdicom, DCMTK and a bare Django
	$(BIN)/python -m benchmarks.run

lock: ## resolve the libraries anew and write both lock files
	@sh tools/lock.sh $(PYTHON)

clean: ## remove the virtual environment and caches; keeps var/
	rm -rf $(VENV) build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis \
		.import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

venv:
	@sh tools/venv.sh $(PYTHON) $(VENV) requirements.lock

venv-dev:
	@sh tools/venv.sh $(PYTHON) $(VENV) requirements-dev.lock

parts: venv-dev
	@sh tools/parts.sh
