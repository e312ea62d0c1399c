# Two commands do everything: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
# Compiled once, and not beside the source: the tests start hundreds of processes.
export PYTHONPYCACHEPREFIX := $(CURDIR)/$(VENV)/pycache
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check cover format messages bench soak shots clean

demo: $(VENV)/.runtime
	@$(BIN)/python manage.py demo

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n 3

# Everything that can be said about the code without running it.
check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --check --quiet templates
	$(BIN)/djlint --lint --quiet templates
	DATABASE_URL=sqlite:///:memory: $(BIN)/python manage.py makemigrations --check --dry-run
	SECRET_KEY=only-for-this-check-$$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n') DEBUG=0 ALLOWED_HOSTS=preflight.example.edu \
		SITE_URL=https://preflight.example.edu CANVAS_BASE_URL=https://canvas.example.edu CANVAS_TOKEN=check \
		DATABASE_URL=postgres://localhost/check CELERY_BROKER_URL=redis://localhost/0 \
		$(BIN)/python manage.py check --deploy --fail-level WARNING

# The pure rules and the client are tested to the last branch.
cover: $(VENV)/.dev
	$(BIN)/python -m pytest -n 2 tests/domain tests/client tests/standin --cov=registrar/domain --cov=canvas_api \
		--cov-branch --cov-report=term --cov-fail-under=100

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/djlint --reformat --quiet templates

# Gathers the texts that are new, for the translators, and compiles what they have translated. Needs GNU gettext.
messages: $(VENV)/.dev
	$(BIN)/python manage.py makemessages --locale es --no-wrap --add-location file --no-obsolete --extension html,txt,py \
		--ignore '.venv' --ignore tests --ignore benchmarks --ignore canvas_api --ignore staticfiles --ignore var
	$(BIN)/python manage.py compilemessages --locale es --ignore .venv

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks

# The large numbers: `make test` runs a tenth of them.
soak: $(VENV)/.dev
	SOAK=1 $(BIN)/python -m pytest -n 2 -m soak -o timeout=3600

shots: $(VENV)/.dev
	$(BIN)/python -m tests.e2e.shots

clean:
	rm -rf $(VENV) var .pytest_cache .mypy_cache .ruff_cache .import_linter_cache htmlcov .coverage

# uv installs in seconds what takes pip a minute; where it cannot be had, pip does the same.
$(VENV)/.runtime: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit("Preflight needs Python 3.11 or newer, this is %d.%d. Name another: make demo PYTHON=python3.12" % sys.version_info[:2]) if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Could not make a virtual environment. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) || true
	@if [ -x $(BIN)/uv ]; then $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.txt; else false; fi \
		|| $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.txt
	@if [ -x $(BIN)/uv ]; then $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.txt; else false; fi \
		|| $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
