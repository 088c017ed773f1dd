#!/usr/bin/env bash
# Software: jest 30.5.2 with jest-junit 17.0.0 (npm), both as they come.
# A good guess: when a test file cannot be loaded, jest's run is red and its JUnit XML holds an
#   error for that file, as pytest's does for a module that it cannot import.
# Instead: the run is red, and the XML is green: the file is in none of its names and numbers. A reader
#   of the XML sees one test, passed.
# Seen: exit 1; tests="1" failures="0" errors="0", no mention of the broken file.
set -eu
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
fail() { echo "changed: $1"; exit 1; }
export PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1
npm install --loglevel=error --no-fund --no-audit --prefix "$d/npm" jest@30.5.2 jest-junit@17.0.0 >"$d/log"
export HOME="$d" XDG_CONFIG_HOME="$d"
mkdir "$d/t"
cd "$d/t"
echo '{"name":"x","version":"1.0.0"}' >package.json
echo "test('sound', () => {});" >sound.test.js
printf '%s\n' "require('./missing');" "test('broken', () => {});" >broken.test.js
code=0
node "$d/npm/node_modules/jest/bin/jest.js" --ci --reporters=default \
  --reporters="$d/npm/node_modules/jest-junit" >"$d/out" 2>&1 || code=$?
said=$(grep -o '<testsuites .*errors="[0-9]*"' junit.xml | grep -o 'tests="[0-9]*" .*')
[ "$code" = 1 ] || fail "jest ends with $code."
grep -q 'Test Suites: 1 failed, 1 passed' "$d/out" || fail 'jest counts otherwise.'
[ "$said" = 'tests="1" failures="0" errors="0"' ] || fail "the XML says $said."
grep -q sound junit.xml || fail 'the sound test is not in the XML.'
if grep -q broken junit.xml; then fail 'the XML names the broken file.'; fi
echo "seen: jest exit $code with 1 of 2 files failed, its XML says $said and never names the broken file"
