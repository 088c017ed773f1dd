#!/usr/bin/env bash
# Software: ctest 3.31.6 (PyPI's cmake).
# A good guess: a test whose program is not there fails in ctest's JUnit XML, as it fails the run; skipped
#   is what a test says of itself.
# Instead: the run is red and lists it under "The following tests FAILED", and the XML calls it skipped, beside
#   failures="0". A test that really skipped looks the same there but for its message.
# Seen: exit 8, "50% tests passed, 1 tests failed out of 2"; failures="0" skipped="1".
set -eu
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
fail() { echo "changed: $1"; exit 1; }
export PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1
python3 -m pip install -q --target "$d/py" cmake==3.31.6
export HOME="$d" XDG_CONFIG_HOME="$d" PYTHONPATH="$d/py"
mkdir "$d/t"
cd "$d/t"
cat >CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.20)
project(tea NONE)
enable_testing()
add_test(boils true)
add_test(pours teapot-of-nobody)
CMAKE
"$d/py/bin/cmake" -S . -B b >"$d/log" 2>&1 || fail "cmake fails: $(tail -n 1 "$d/log")"
code=0; "$d/py/bin/ctest" --test-dir b --output-junit out.xml >"$d/out" 2>&1 || code=$?
summary=$(grep 'tests passed' "$d/out")
suite=$(grep -oE '^\s*(tests|failures|skipped)="[0-9]+"' b/out.xml | tr -d '\t' | tr '\n' ' ')
[ "$code" = 8 ] || fail "ctest ends with $code."
[ "$summary" = '50% tests passed, 1 tests failed out of 2' ] || fail "ctest says $summary."
grep -q 'pours (Not Run)' "$d/out" || fail 'the test is not listed among those that failed.'
[ "$suite" = 'tests="2" failures="0" skipped="1" ' ] || fail "the XML says $suite."
grep -q '<skipped message="Unable to find executable"' b/out.xml || fail 'the XML gives another reason.'
echo "seen: exit $code, $summary; the XML says ${suite% }"
