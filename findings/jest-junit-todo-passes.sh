#!/usr/bin/env bash
# Software: jest 30.5.2 with jest-junit 17.0.0 (npm), both as they come.
# A good guess: a todo, which has a name and no code, is skipped in the JUnit XML, as a skipped test is; and the
#   suite's tests="…" is how many testcase elements it has.
# Instead: the todo stands there like a test that passed, and is left out of the total.
# Seen: jest "1 skipped, 1 todo, 1 passed, 3 total"; tests="2" skipped="1" above three testcase elements, of which
#   two are empty.
set -eu
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
fail() { echo "changed: $1"; exit 1; }
npm install --loglevel=error --no-fund --no-audit --prefix "$d/npm" jest@30.5.2 jest-junit@17.0.0 >"$d/log"
export HOME="$d" XDG_CONFIG_HOME="$d"
mkdir "$d/t"
cd "$d/t"
echo '{"name":"x","version":"1.0.0"}' >package.json
printf '%s\n' "test('boils', () => {});" "test.skip('whistles', () => {});" "test.todo('sings');" >kettle.test.js
code=0
node "$d/npm/node_modules/jest/bin/jest.js" --ci --reporters=default \
  --reporters="$d/npm/node_modules/jest-junit" >"$d/out" 2>&1 || code=$?
said=$(grep '^Tests:' "$d/out" | sed 's/Tests: *//')
suite=$(grep '<testsuite ' junit.xml | grep -oE '(tests|skipped)="[0-9]+"' | sort -r | tr '\n' ' ')
cases=$(grep -c '<testcase' junit.xml)
skipped=$(grep -c '<skipped' junit.xml)
[ "$code" = 0 ] || fail "jest ends with $code."
[ "$said" = '1 skipped, 1 todo, 1 passed, 3 total' ] || fail "jest counts $said."
[ "$suite" = 'tests="2" skipped="1" ' ] || fail "the suite says $suite."
[ "$cases $skipped" = '3 1' ] || fail "there are $cases cases, $skipped of them skipped."
if sed -n '/name=" sings"/,/<\/testcase>/p' junit.xml | grep -q '<skipped'; then fail 'the todo is skipped.'; fi
echo "seen: jest $said; the XML says ${suite% } above $cases cases, and the todo is one without an element"
