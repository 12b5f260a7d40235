# Everything runs in .venv, made from the locked requirements by the first command that needs it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Without cached bytecode every start of the program would compile it again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-ray lint bench score soak cassettes setup lock

demo: setup
	$(BIN)/dbmo demo

# Status 3 is pytest's own, when it breaks off in the midst: of a test it says nothing, so all run once more.
SUITE := $(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder
test: setup
	$(SUITE) || { [ $$? -eq 3 ] && $(SUITE); }

# Copying on a Ray cluster: Ray is an extra, so it has an environment of its own, on top of .venv.
RAY := .venv-ray
test-ray: setup $(RAY)/.ready
	$(RAY)/bin/python -m pytest tests/transfer/executors -n 0

$(RAY)/.ready: pyproject.toml
	test -x $(RAY)/bin/python || $(PYTHON) -m venv $(RAY)
	$(RAY)/bin/python -m pip install --quiet --disable-pip-version-check 'ray[client]>=2.60,<3'
	$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"), "$(CURDIR)", sep="\n")' \
	    > "$$($(RAY)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/dbmo-venv.pth"
	touch $@

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup
	$(BIN)/python -m benchmarks

# How good schema conversion is, over the real schemas of DBMO_CORPORA, and the trap table of comparisons.
score: setup
	$(BIN)/python -m benchmarks.score

soak: setup
	$(BIN)/pytest tests/soak tests/faults -m soak --timeout 7200

# Records the cassettes anew: scripted ones, or RECORDED=live with the server of ANTHROPIC_BASE_URL (docs/cassettes.md).
RECORDED ?= scripted
cassettes: setup
	$(BIN)/pytest -m $(RECORDED)_cassette --record-mode=rewrite

setup: $(VENV)/.ready

$(VENV)/.ready: locks/requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; call: make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# New versions: edit pyproject.toml, then this; the hashes are of every file the registry offers for a version.
lock:
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header \
	    --group dev pyproject.toml --output-file locks/requirements.txt
