#!/usr/bin/env bash
# Software: nose2 0.16.0 (PyPI), beside the standard library's unittest.
# A good guess: nose2 runs unittest cases with unittest's rules: a test that is marked as an
#   expected failure and passes makes the run fail.
# Instead: unittest says FAILED and ends with 1; nose2 says OK and ends with 0 on the same file, and
#   its JUnit XML calls the test, which was run, skipped.
# Seen: unittest 1 "FAILED (unexpected successes=1)"; nose2 0 "OK (unexpected successes=1)", skipped="1".
set -eu
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
fail() { echo "changed: $1"; exit 1; }
export PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1
python3 -m pip install -q --target "$d/py" nose2==0.16.0
export HOME="$d" XDG_CONFIG_HOME="$d"
mkdir "$d/t"
cd "$d/t"
cat >test_u.py <<'PY'
import unittest


class T(unittest.TestCase):
    @unittest.expectedFailure
    def test_mended(self):
        self.assertEqual(1, 1)
PY
u=0; python3 -m unittest >"$d/u" 2>&1 || u=$?
n=0; PYTHONPATH="$d/py" python3 -m nose2 --plugin nose2.plugins.junitxml --junit-xml >"$d/n" 2>&1 || n=$?
us=$(tail -n 1 "$d/u")
ns=$(tail -n 1 "$d/n")
[ "$u $us" = '1 FAILED (unexpected successes=1)' ] || fail "unittest ends with $u and $us."
[ "$n $ns" = '0 OK (unexpected successes=1)' ] || fail "nose2 ends with $n and $ns."
grep -q 'failures="0" skipped="1" tests="1"' nose2-junit.xml || fail 'the XML counts otherwise.'
echo "seen: unittest $u $us; nose2 $n $ns, skipped in its XML"
