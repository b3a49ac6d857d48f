# The commands of the project; `make` without a target lists them. Variables follow the command: make deploy ENV=prod.

PYTHON ?= python3
TEXTS := NAME ENV STACK SERVICE FUNCTION EVENT FILE VERSION SCENARIO SPEED MINUTES APPROVE FUNCTIONS ECS STATE_MACHINES
FLAGS := CHECK JSON LIVE KEEP_LOCAL_AWS
# Reject empty variables: an empty STACK= would select every stack, and an empty ENV= the local environment.
$(foreach name,$(TEXTS) $(FLAGS),$(if $(filter command,$(origin $(name))),\
  $(if $(strip $(value $(name))),,$(error $(name) is empty: set a value, or omit it))))
$(foreach name,ENV STACK PROJECT_DIR,$(if $(filter environment,$(origin $(name))),\
  $(if $(strip $(value $(name))),,$(error $(name) is empty: set a value, or omit it))))
# Flags are read from the command line only: a CHECK or JSON in the environment belongs to another program.
$(foreach name,$(FLAGS),$(if $(filter environment,$(origin $(name))),$(eval override $(name) :=)))
$(foreach name,$(FLAGS),$(if $(filter command,$(origin $(name))),\
  $(if $(subst x1x,,x$(value $(name))x),$(error $(name) must be 1, or be omitted (found: $(value $(name)))))))
ENV ?= local
# Export the values unexpanded: neither make nor the shell, which reads them from its environment, interprets
# them as commands. A variable that is not set is not exported, because it would be exported as empty.
$(foreach name,$(TEXTS),$(if $(filter undefined,$(origin $(name))),,\
  $(eval override $(name) := $$(value $(name)))$(eval export $(name))))

# The values of ONLY= and the folders of their tests. The value is compared and never expanded.
UNIT := $(patsubst tests/unit/%/__init__.py,%,$(wildcard tests/unit/*/__init__.py))
$(foreach name,$(UNIT),$(eval OF_$(name) := tests/unit/$(name)))
OF_functions := tests/functions functions
OF_local_aws := tests/local_aws
$(if $(filter command,$(origin ONLY)),$(if $(filter 1,$(words $(value ONLY))),,\
  $(error ONLY needs one package: $(UNIT) functions local_aws)))
ONLY_ONE := $(strip $(if $(filter command,$(origin ONLY)),$(foreach name,$(UNIT) functions local_aws,\
  $(if $(subst x$(name)x,,x$(value ONLY)x),,$(name)))))
$(if $(filter command,$(origin ONLY)),$(if $(strip $(ONLY_ONE)),,\
  $(error ONLY must be one of $(UNIT) functions local_aws (found: $(value ONLY)))))

PY := .venv/bin/python
BIN := .venv/bin
CLI := .venv/bin/reveille
LOCKS := requirements/uv.txt requirements/project.txt
$(foreach name,env stack approve,$(if $(findstring command,$(origin $(name))),\
  $(error variables must be in upper case: ENV=, STACK=, APPROVE=)))
# A virtual environment without its Python, for example after an upgrade, is created again.
ifeq ($(wildcard .venv/bin/python),)
$(shell rm -f .venv/.ready)
endif
STACK_OPTION := $(if $(STACK),--stack="$$STACK")
PYTEST := $(BIN)/pytest
# Packages that Lambda's Python runtimes contain are not in the functions' zips (functions/README.md).
IN_THE_RUNTIME := botocore python-dateutil six urllib3

.DEFAULT_GOAL := help
.PHONY: help setup adopt deploy diff output destroy bootstrap deployment invoke import package synth local-start local-stop \
        logs drill drill-all probe fuzz verify verify-all doctor unlock state-history state-restore test test-unit test-synth test-e2e check static format lint types docs docs-check bench lock

help: ## print this list
	@awk -f ops/help.awk $(MAKEFILE_LIST)

##@ Deploy (default: ENV=local; STACK= selects one stack)

deploy: .venv/.ready ## deploy all stacks, or one  ENV= STACK= APPROVE=auto
	@$(CLI) deploy $(STACK_OPTION)

diff: .venv/.ready ## show what a deployment would change  ENV= STACK= CHECK=1
	@$(CLI) diff $(STACK_OPTION) $(if $(CHECK),--exit-code)

output: .venv/.ready ## show the outputs of the stacks  ENV= STACK= JSON=1
	@$(CLI) output $(STACK_OPTION) $(if $(JSON),--json)

destroy: .venv/.ready ## destroy all stacks, or one  ENV= STACK= APPROVE=auto KEEP_LOCAL_AWS=1
	@$(CLI) destroy $(STACK_OPTION) $(if $(KEEP_LOCAL_AWS),--keep-local-aws)

bootstrap: .venv/.ready ## create the state bucket, once per environment  ENV=
	@$(CLI) bootstrap

deployment: .venv/.ready ## record a deployment of an existing service  ENV= SERVICE=
	@$(CLI) deployment $(if $(SERVICE),-- "$$SERVICE",$(error deployment needs SERVICE=, such as orders))

invoke: .venv/.ready ## invoke a deployed function, show its log  ENV= FUNCTION= EVENT=
	@$(CLI) invoke $(if $(FUNCTION),-- "$$FUNCTION",$(error invoke needs FUNCTION=, such as payment-handler)) \
	  $(if $(EVENT),"$$EVENT",$(error invoke needs EVENT=, such as tests/events/payment_ok.json))

import: .venv/.ready ## propose the entries of existing resources  ENV= FUNCTIONS= ECS= STATE_MACHINES=
	@$(CLI) import $(if $(FUNCTIONS)$(ECS)$(STATE_MACHINES),,\
	  $(error import needs FUNCTIONS=, ECS= or STATE_MACHINES=, such as FUNCTIONS='orders-*')) \
	  $(if $(FUNCTIONS),--functions="$$FUNCTIONS") $(if $(ECS),--ecs="$$ECS") \
	  $(if $(STATE_MACHINES),--state-machines="$$STATE_MACHINES")

##@ Rehearse (the scenarios are in drills/*.yaml)

drill: .venv/.ready ## rehearse alarms; LIVE=1: deployed alarms  ENV= SCENARIO= LIVE=1 SPEED=
	@$(if $(LIVE),$(CLI) drill live $(if $(SPEED),--speed="$$SPEED") -- $$SCENARIO,\
	  $(CLI) drill run --env="$$ENV" -- $$SCENARIO)

##@ Check and repair

logs: .venv/.ready ## show which lines of a log file count  ENV= SERVICE= FILE=
	@$(CLI) logs $(if $(SERVICE),--service="$$SERVICE") $(if $(FILE),-- "$$FILE",$(error logs needs FILE=, such as sample.log))

doctor: .venv/.ready ## check this machine and the environment  ENV=
	@$(CLI) doctor

probe: .venv/.ready ## check the assumptions about AWS in an account  ENV= SPEED=
	@$(CLI) probe $(if $(SPEED),--speed="$$SPEED")

unlock: .venv/.ready ## remove the lock of a killed Terraform  ENV= STACK=
	@$(CLI) state unlock $(if $(STACK),$(STACK_OPTION),$(error unlock needs STACK=, such as compute))

state-history: .venv/.ready ## list the earlier versions of a state  ENV= STACK=
	@$(CLI) state history $(if $(STACK),$(STACK_OPTION),$(error state-history needs STACK=, such as compute))

state-restore: .venv/.ready ## restore an earlier version of a state  ENV= STACK= VERSION=
	@$(CLI) state restore $(if $(STACK),$(STACK_OPTION),$(error state-restore needs STACK=, such as compute)) \
	  $(if $(VERSION),--version="$$VERSION",$(error state-restore needs VERSION=; make state-history lists the versions))

synth: .venv/.ready ## write the Terraform configuration  ENV=
	@$(CLI) synth

verify: .venv/.ready ## verify that alarms have data and recipients  ENV=
	@$(CLI) verify

package: .venv/.ready ## build the zip files of the functions  ENV=
	@$(CLI) package

local-start: .venv/.ready ## start the local AWS with its state bucket
	@$(CLI) local start

local-stop: .venv/.ready ## stop the local AWS and delete its data
	@$(CLI) local stop

##@ Develop

# Three processes on two cores: the end-to-end tests spend most of their time waiting.
test: .venv/.ready ## run all tests; end-to-end tests deploy to a local AWS
	@$(PYTEST) -n 3 --dist loadgroup

test-unit: .venv/.ready ## run the fast tests, or those of one package  ONLY=
	@$(PYTEST) -n 2 -m "not e2e and not slow" $(if $(ONLY_ONE),$(OF_$(ONLY_ONE)),tests/unit tests/functions functions)

test-synth: .venv/.ready ## run the tests of the synthesized stacks
	@$(PYTEST) -n 2 tests/synth

test-e2e: .venv/.ready ## run the tests that deploy to a local AWS
	@$(PYTEST) -m e2e

check: static ## run all checks and tests that need no deployment
	@$(PYTEST) -n 2 -m "not e2e" tests/unit tests/functions functions tests/local_aws tests/synth

static: lint types docs-check verify-all drill-all ## run all checks that are not tests

format: .venv/.ready ## format the code
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format --quiet .

lint: .venv/.ready ## check format and style
	@$(BIN)/ruff format --check --quiet . || { echo "not formatted: make format"; exit 1; }
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports --no-logo --no-cache

types: .venv/.ready ## check types
	@$(BIN)/mypy .

verify-all: .venv/.ready ## run verify for every environment
	@$(CLI) verify --all

drill-all: .venv/.ready ## rehearse the alarms of every environment
	@$(CLI) drill run --all

fuzz: .venv/.ready ## search for input on which the parsers fail  MINUTES=
	@for what in patterns rules maths; do $(PY) -m tests.fuzz.$$what --minutes="$${MINUTES:-10}" || exit 1; done

docs: .venv/.ready ## write the generated documents and schemas
	@$(CLI) docs

docs-check: .venv/.ready ## check that the generated files are up to date
	@$(CLI) docs --check

bench: .venv/.ready ## measure synthesis, rehearsals and log filters
	@$(PY) -m benchmarks.synth
	@$(PY) -m benchmarks.drill
	@$(PY) -m benchmarks.drill_lines

lock: .venv/.ready ## update the lock files from requirements/*.in and functions/*/requirements.in
	@for name in uv project; do $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.10 \
	  --generate-hashes --no-header --no-annotate requirements/$$name.in -o requirements/$$name.txt || exit 1; done
	@for f in functions/*/requirements.in tests/shop/functions/*/requirements.in \
	  $${PROJECT_DIR:+"$$PROJECT_DIR"/functions/*/requirements.in}; do \
	  [ -f "$$f" ] || continue; $(BIN)/uv pip compile --quiet --upgrade --universal \
	  --python-version 3.10 --generate-hashes --no-header --no-annotate --constraint requirements/project.txt \
	  $(IN_THE_RUNTIME:%=--no-emit-package %) "$$f" -o "$${f%.in}.txt" || exit 1; done

adopt: .venv/.ready ## rename the project and remove its samples, once  NAME=
	@$(CLI) adopt $(if $(NAME),-- "$$NAME",$(error adopt needs NAME=, such as acme))

setup: ## install everything into .venv; other commands run it if needed
	@$(PYTHON) ops/setup.py

.venv/.ready: $(LOCKS) pyproject.toml ops/setup.py ops/assembly.py stacks/aws.py stacks/kernel.py
	@$(PYTHON) ops/setup.py
