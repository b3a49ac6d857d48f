# The one list of commands; `make` alone prints it. Variables go after the command: make deploy ENV=prod.

PYTHON ?= python3
TEXTS := NAME ENV STACK FUNCTION EVENT VERSION SCENARIO SPEED MINUTES APPROVE
FLAGS := CHECK JSON LIVE KEEP_LOCAL_AWS
# An empty STACK= would mean every stack, and an empty ENV= the local environment.
$(foreach name,$(TEXTS) $(FLAGS),$(if $(filter command,$(origin $(name))),\
  $(if $(strip $(value $(name))),,$(error $(name) is empty: give it a value, or leave it out))))
$(foreach name,ENV STACK,$(if $(filter environment,$(origin $(name))),\
  $(if $(strip $(value $(name))),,$(error $(name) is empty: give it a value, or leave it out))))
# Flags are of the command line alone: a CHECK or JSON in the environment is somebody else's.
$(foreach name,$(FLAGS),$(if $(filter environment,$(origin $(name))),$(eval override $(name) :=)))
$(foreach name,$(FLAGS),$(if $(filter command,$(origin $(name))),\
  $(if $(subst x1x,,x$(value $(name))x),$(error $(name) must be 1, or be left out (found: $(value $(name)))))))
ENV ?= local
# As they were typed: neither make nor the shell, which reads them from its environment, takes anything in
# them for a command. What is not given is not exported either: it would be there, and empty.
$(foreach name,$(TEXTS),$(if $(filter undefined,$(origin $(name))),,\
  $(eval override $(name) := $$(value $(name)))$(eval export $(name))))

# What ONLY= may name, and where its tests are. What is typed is compared, never expanded.
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
  $(error variables are in capitals: ENV=, STACK=, APPROVE=)))
# A virtual environment without its Python (an upgrade took it away) is made anew.
ifeq ($(wildcard .venv/bin/python),)
$(shell rm -f .venv/.ready)
endif
STACK_OPTION := $(if $(STACK),--stack="$$STACK")
PYTEST := $(BIN)/pytest
# What Lambda's Python runtimes bring along stays out of the functions' zips (functions/README.md).
IN_THE_RUNTIME := botocore python-dateutil six urllib3

.DEFAULT_GOAL := help
.PHONY: help setup adopt deploy diff output destroy bootstrap invoke package synth local-start local-stop \
        drill drill-all fuzz verify verify-all doctor unlock state-history state-restore test test-unit test-synth test-e2e check static format lint types docs docs-check bench lock

help: ## print this list
	@awk -f ops/help.awk $(MAKEFILE_LIST)

##@ Deploy (ENV=local unless you say otherwise; STACK= for one stack)

deploy: .venv/.ready ## put everything, or one stack, into AWS  ENV= STACK= APPROVE=auto
	@$(CLI) deploy $(STACK_OPTION)

diff: .venv/.ready ## say what a deployment would change  ENV= STACK= CHECK=1
	@$(CLI) diff $(STACK_OPTION) $(if $(CHECK),--exit-code)

output: .venv/.ready ## show what the stacks published  ENV= STACK= JSON=1
	@$(CLI) output $(STACK_OPTION) $(if $(JSON),--json)

destroy: .venv/.ready ## take everything, or one stack, away  ENV= STACK= APPROVE=auto KEEP_LOCAL_AWS=1
	@$(CLI) destroy $(STACK_OPTION) $(if $(KEEP_LOCAL_AWS),--keep-local-aws)

bootstrap: .venv/.ready ## create the state bucket, once per account  ENV=
	@$(CLI) bootstrap

invoke: .venv/.ready ## run a deployed function, show its log  ENV= FUNCTION= EVENT=
	@$(CLI) invoke $(if $(FUNCTION),-- "$$FUNCTION",$(error invoke needs FUNCTION=, such as payment-handler)) \
	  $(if $(EVENT),"$$EVENT",$(error invoke needs EVENT=, such as tests/events/payment_ok.json))

##@ Rehearse (what happens is said in drills/*.yaml)

drill: .venv/.ready ## rehearse alarms; LIVE=1: those deployed  ENV= SCENARIO= LIVE=1 SPEED=
	@$(if $(LIVE),$(CLI) drill live $(if $(SPEED),--speed="$$SPEED") -- $$SCENARIO,\
	  $(CLI) drill run --env="$$ENV" -- $$SCENARIO)

##@ Look and repair

doctor: .venv/.ready ## check this machine and the environment  ENV=
	@$(CLI) doctor

unlock: .venv/.ready ## remove the lock that a killed Terraform left  ENV= STACK=
	@$(CLI) state unlock $(if $(STACK),$(STACK_OPTION),$(error unlock needs STACK=, such as compute))

state-history: .venv/.ready ## list the earlier versions of a state  ENV= STACK=
	@$(CLI) state history $(if $(STACK),$(STACK_OPTION),$(error state-history needs STACK=, such as compute))

state-restore: .venv/.ready ## bring an earlier version of a state back  ENV= STACK= VERSION=
	@$(CLI) state restore $(if $(STACK),$(STACK_OPTION),$(error state-restore needs STACK=, such as compute)) \
	  $(if $(VERSION),--version="$$VERSION",$(error state-restore needs VERSION=, as make state-history lists it))

synth: .venv/.ready ## write Terraform configuration to build/synth  ENV=
	@$(CLI) synth

verify: .venv/.ready ## verify that alarms have data and reach people  ENV=
	@$(CLI) verify

package: .venv/.ready ## build the functions' zips  ENV=
	@$(CLI) package

local-start: .venv/.ready ## start the local AWS with its state bucket
	@$(CLI) local start

local-stop: .venv/.ready ## stop the local AWS; what it held is gone
	@$(CLI) local stop

##@ Develop

# Three processes on two cores: the end-to-end tests wait most of their time.
test: .venv/.ready ## all tests; the end-to-end ones deploy to a local AWS
	@$(PYTEST) -n 3 --dist loadgroup

test-unit: .venv/.ready ## what one runs while working, of one package or of all  ONLY=
	@$(PYTEST) -n 2 -m "not e2e and not slow" $(if $(ONLY_ONE),$(OF_$(ONLY_ONE)),tests/unit tests/functions functions)

test-synth: .venv/.ready ## the tests of what is synthesized
	@$(PYTEST) -n 2 tests/synth

test-e2e: .venv/.ready ## the tests that deploy to a local AWS
	@$(PYTEST) -m e2e

check: static ## everything that needs no deployment
	@$(PYTEST) -n 2 -m "not e2e" tests/unit tests/functions functions tests/local_aws tests/synth

static: lint types docs-check verify-all drill-all ## what is checked without tests

format: .venv/.ready ## format the code
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format --quiet .

lint: .venv/.ready ## check format and style
	@$(BIN)/ruff format --check --quiet . || { echo "not formatted: make format"; exit 1; }
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports --no-logo --no-cache

types: .venv/.ready ## check types
	@$(BIN)/mypy .

verify-all: .venv/.ready ## verify it of every environment
	@$(CLI) verify --all

drill-all: .venv/.ready ## rehearse the alarms of every environment
	@$(CLI) drill run --all

fuzz: .venv/.ready ## search for input that breaks the parsers  MINUTES=
	@for what in patterns rules maths; do $(PY) -m tests.fuzz.$$what --minutes="$${MINUTES:-10}" || exit 1; done

docs: .venv/.ready ## write what is generated: schema, config reference, alarm lists
	@$(CLI) docs

docs-check: .venv/.ready ## check that what is generated is up to date
	@$(CLI) docs --check

bench: .venv/.ready ## measure synthesis, rehearsals and log filters
	@$(PY) -m benchmarks.synth
	@$(PY) -m benchmarks.drill
	@$(PY) -m benchmarks.drill_lines

lock: .venv/.ready ## write the lock files anew from requirements/*.in
	@for name in uv project; do $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.10 \
	  --generate-hashes --no-header --no-annotate requirements/$$name.in -o requirements/$$name.txt; done
	@for f in functions/*/requirements.in tests/shop/functions/*/requirements.in; do $(BIN)/uv pip compile --quiet --upgrade --universal \
	  --python-version 3.10 --generate-hashes --no-header --no-annotate --constraint requirements/project.txt \
	  $(IN_THE_RUNTIME:%=--no-emit-package %) $$f -o $${f%.in}.txt; done

adopt: .venv/.ready ## rename the project and remove its samples, once  NAME=
	@$(CLI) adopt $(if $(NAME),-- "$$NAME",$(error adopt needs NAME=, such as acme))

setup: ## install everything into .venv (other commands do it when needed)
	@$(PYTHON) ops/setup.py

.venv/.ready: $(LOCKS) pyproject.toml ops/setup.py ops/assembly.py stacks/aws.py stacks/kernel.py
	@$(PYTHON) ops/setup.py
