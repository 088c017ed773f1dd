#!/usr/bin/env bash
# Software: pytest 9.0.2 (PyPI), its built-in subtests.
# A good guess: in the JUnit XML the number in tests="…" is the number of testcase elements, and
#   both are the number of tests on the last line.
# Instead: each passed subtest is added to the number, and none has an element. A reader that
#   compares the two takes three tests for lost.
# Seen: "1 passed, 3 subtests passed", tests="4", one testcase element.
set -eu
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
fail() { echo "changed: $1"; exit 1; }
export PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1
python3 -m pip install -q --target "$d/py" pytest==9.0.2
export HOME="$d" XDG_CONFIG_HOME="$d"
mkdir "$d/t"
cd "$d/t"
cat >test_s.py <<'PY'
def test_s(subtests):
    for i in range(3):
        with subtests.test(i=i):
            pass
PY
unset PYTEST_ADDOPTS PYTEST_PLUGINS
export PYTHONPATH="$d/py" PYTEST_DISABLE_PLUGIN_AUTOLOAD=1
python3 -m pytest -q -p no:cacheprovider --junit-xml=o.xml >"$d/log" || fail 'the run fails.'
last=$(tail -n 1 "$d/log" | sed 's/ in .*//')
tests=$(grep -o ' tests="[0-9]*"' o.xml | tr -dc 0-9)
cases=$(grep -o '<testcase ' o.xml | wc -l)
[ "$last" = '1 passed, 3 subtests passed' ] || fail "the last line is '$last'."
[ "$tests $((cases))" = '4 1' ] || fail "tests is $tests, with $((cases)) testcase elements."
echo "seen: $last; tests=\"$tests\" and $((cases)) testcase element"
