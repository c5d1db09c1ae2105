# SPDX-License-Identifier: Apache-2.0
# Checks that read the tree and the images and run nothing of ours. Scripts in build-image/lint/.

$(call check-item,lint/format,exit,,$(LINT)/format.sh)
$(call check-item,lint/modules,exit,,$(LINT)/modules.sh $(FOLDERS))

.PHONY: format lint
format: ## let clang-format settle the white space of every C file
	$Q$(LINT)/files.sh '*.c' '*.h' | xargs clang-format -i --style=file:.clang-format
lint: $(filter check/lint/%,$(check-items)) ## the lints alone
	@$(LINT)/summary.sh $(OUT)/check $(words $^)
