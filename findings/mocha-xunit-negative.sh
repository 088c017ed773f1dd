#!/usr/bin/env bash
# Software: mocha 11.8.0 (npm), its own xunit reporter.
# A good guess: in the XML report the suite's numbers are never negative and agree with the cases
#   below them.
# Instead: skipped is computed as tests less failures less passes, and a failing before or after hook is
#   a failure but no test. Two failing hooks beside one passing test give skipped="-2". Failures
#   are counted as errors, yet each case holds a failure element.
# Seen: tests="1" failures="0" errors="2" skipped="-2", three testcase and two failure elements, exit 2.
set -eu
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
fail() { echo "changed: $1"; exit 1; }
export PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1
npm install --loglevel=error --no-fund --no-audit --prefix "$d/npm" mocha@11.8.0 >"$d/log"
export HOME="$d" XDG_CONFIG_HOME="$d"
cat >"$d/t.js" <<'JS'
describe('one', () => {
  before(() => { throw new Error('set-up'); });
  it('a', () => {});
});
describe('two', () => {
  after(() => { throw new Error('tear-down'); });
  it('b', () => {});
});
JS
cd "$d"
code=0; node npm/node_modules/mocha/bin/mocha.js --reporter xunit t.js >out.xml 2>log || code=$?
said=$(grep -o 'tests="[^"]*" failures="[^"]*" errors="[^"]*" skipped="[^"]*"' out.xml)
cases=$(grep -c '<testcase' out.xml)
failures=$(grep -c '<failure>' out.xml)
[ "$said" = 'tests="1" failures="0" errors="2" skipped="-2"' ] || fail "the suite says $said."
[ "$cases $failures $code" = '3 2 2' ] || fail "cases, failures and exit code are $cases, $failures and $code."
echo "seen: $said, with $cases testcase and $failures failure elements, exit $code"
