# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# test.sh: every test that this machine allows, and one line that sums them up.
#
# A pass is one `make check` of one build. Each test program and script speaks TAP; the harness leaves one .trs file for each, which
# is what is counted here: a test that passed in two builds counts twice, as it ran twice.

passed=0
failed=0
skipped=0

run_test()
{
	setup
	build_in build glassnet
	pass "all tests" build check
	build_in build-asan "glassnet with AddressSanitizer and UBSan" --enable-sanitize=address,undefined
	pass "unit tests under AddressSanitizer and UBSan" build-asan check-units
	[ "$full" = 0 ] || full_passes

	say "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ]
}

# What --full adds. GLASSNET_TEST_FULL tells the suites to sweep and soak at full length.
full_passes()
{
	export GLASSNET_TEST_FULL=1

	# each test is a child of its own here too: valgrind follows forks, and a leak or a bad access becomes the child's status 9
	pass "unit tests under valgrind" build check-units CK_TIMEOUT_MULTIPLIER=30 \
		LOG_COMPILER="$top/build/libtool --mode=execute valgrind -q --fair-sched=yes --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite"
	build_in build-tsan "glassnet with ThreadSanitizer" --enable-sanitize=thread
	pass "unit tests under ThreadSanitizer" build-tsan check-units
	pass "all tests at full length" build check
}

# pass TEXT DIR TARGET [VARIABLE=VALUE]...: runs one pass and adds its results
pass()
{
	local text=$1 dir=$2 target=$3 log status=0 before=$failed
	shift 3

	log=$dir/log/$target.log
	find "$dir" -name '*.trs' -delete
	quiet_failure=1 step "Running $text" "$log" env "$@" make -C "$dir" -k -j"$jobs" "$target" "$@" || status=$?
	count "$dir"
	if [ "$status" != 0 ] && [ "$failed" = "$before" ]; then
		tail -n 30 "$log" | sed 's/^/  | /'
		say "FAIL: $text: make $target ended with status $status; its log: $log"
		failed=$((failed + 1))
	fi
}

# count DIR: adds the .trs files below DIR to the sums and names what failed or was skipped. A program that reported a failed test also
# exits with 1: the harness calls that an error, here it is the same failure.
count()
{
	local f p s k sums

	sums=$(find "$1" -name '*.trs' -exec awk '
		/^:test-result: (PASS|XFAIL)/ { p++ }
		/^:test-result: (FAIL|XPASS)/ { f[FILENAME]++ }
		/^:test-result: ERROR/ { e[FILENAME]++ }
		/^:test-result: SKIP/ { s++ }
		END { for (i in e) if (!(i in f)) f[i] = e[i]
		      for (i in f) n += f[i]
		      print p + 0, n + 0, s + 0 }' {} + | awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }')
	read -r p f s <<< "$sums"
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))

	find "$1" -name '*.log' -path '*/tests/*' -exec grep -hE '^(FAIL|ERROR|XPASS|SKIP): ' {} + 2> /dev/null |
		sed "s,^,  ,; s,\\.\\./tests/,tests/,g" | sort -u || true
	k=$(find "$1" -name '*.trs' | wc -l)
	say "  $k programs and scripts: $p passed, $f failed, $s skipped"
}
