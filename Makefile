# Every target makes the virtual environment it needs; nothing else has to be set up first.
# PYTHON=python3.12 make test    another interpreter
# make test ARGS='-k conflict'   arguments for the program behind a target

BIN := .venv/bin
CHECKED := src tests $(wildcard benchmarks)

.DEFAULT_GOAL := help
.PHONY: help demo test versions newest check format schemas docs bench lock clean venv

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' Makefile

demo: venv  ## a sample fleet with real git, and its site, opened in the browser
	$(BIN)/agentledger demo $(ARGS)

test: venv  ## all tests, one process a core
	$(BIN)/python scripts/run-tests $(ARGS)

versions: venv  ## the tests of what git's versions do differently, on git 2.50.1 (Linux, x86-64)
	git=$$(scripts/git-2.50) && AGENTLEDGER_TEST_GIT=$$git $(BIN)/python scripts/run-tests -m versions $(ARGS)

newest:  ## all tests in a fresh root of Debian's newest release (needs root); RELEASE=trixie for another
	scripts/newest $(RELEASE) $(ARGS)

check: venv  ## types, lint and formatting
	$(BIN)/mypy --strict $(CHECKED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: venv  ## mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

schemas: venv  ## write schemas/ anew from the keys that the documents' reader knows
	@for file in schemas/*.json; do \
	    name=$${file#schemas/}; $(BIN)/agentledger schema "$${name%.json}" >"$$file.new" && mv "$$file.new" "$$file" || exit; \
	done

docs: venv  ## write docs/rules.md anew from the rules' docstrings
	@$(BIN)/agentledger rule --format markdown >docs/rules.md.new && mv docs/rules.md.new docs/rules.md

bench: venv  ## how to measure speed and memory
	@echo "Measure on a clone with many branches; the figures are medians of paired runs:"
	@echo "  $(BIN)/python benchmarks/fleet.py REPO --refs 'refs/pull/*/head' --limit 1000"

# Universal, so that one file serves Python 3.11 to 3.14 on every system; hashes, so that nobody in between can swap a
# file; no index address, so that it installs from whichever index is configured. UPGRADE=1 takes newer releases.
lock:  ## write requirements-dev.txt anew from pyproject.toml (needs uv); UPGRADE=1 for newer releases
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade) \
	    --group dev --output-file requirements-dev.txt pyproject.toml
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade) \
	    --group git --output-file requirements-git.txt

clean:  ## remove the environment and everything built or cached
	rm -rf .venv dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .agentledger-site
	find src tests -name __pycache__ -type d -exec rm -rf {} +

venv:
	@scripts/bootstrap
