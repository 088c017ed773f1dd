"""The lines of a test, found in its file by its name, for each language."""

from __future__ import annotations

from textwrap import dedent

import pytest

from agentledger.crossed.pieces import list_pieces
from agentledger.crossed.texts import Texts, normalise_body
from agentledger.running.case_names import CaseName

# path, text, the name to look for, and what its first and last line are.
SOURCES = {
    "python": (
        "test_a.py",
        '''
        class TestPot:
            @pytest.mark.parametrize(
                "n", [1, 2],
            )
            def test_pours(self, n):
                text = """
        unindented
        def test_other(): no
        """
                assert pour(n) == text

        def test_other():
            assert True
        ''',
        CaseName("test_a.py", ("TestPot",), "test_pours", "1"),
        "@pytest.mark.parametrize(",
        "assert pour(n) == text",
    ),
    "python, the same name in another class": (
        "test_a.py",
        """
        class TestCup:
            def test_holds(self):
                assert cup

        class TestPot:
            async def test_holds(self):
                assert pot
        """,
        CaseName("test_a.py", ("TestPot",), "test_holds"),
        "async def test_holds(self):",
        "assert pot",
    ),
    "script": (
        "pot.test.ts",
        """
        // it('pours', () => { no })
        describe("pot", () => {
          describe('hot', function () {
            it('pours', async () => {
              expect(pour("})")).toMatch(/[)}'"]/) // it('pours'
            })
          })
          it('pours', () => { expect(1).toBe(1) })
        })
        """,
        CaseName("pot.test.ts", ("pot hot",), "pours"),
        "it('pours', async () => {",
        "})",
    ),
    "script, a joined name": (
        "pot.test.js",
        """
        describe("pot", () => {
          test.skip("it's hot", () => {
            expect(1).toBe(1);
          });
        });
        """,
        CaseName("", (), "pot it's hot"),
        'test.skip("it\'s hot", () => {',
        "})",
    ),
    "script, a table": (
        "pot.test.js",
        """
        it.each([[1, 2], [3, 4]])('pours %i into %i cups', (a, b) => {
          expect(a).toBe(b);
        });
        """,
        CaseName("pot.test.js", (), "pours 3 into 4 cups"),
        "it.each([[1, 2], [3, 4]])('pours %i into %i cups', (a, b) => {",
        "})",
    ),
    "go": (
        "pot_test.go",
        """
        // TestPours is about pouring.
        func TestPours(t *testing.T) {
            t.Run("two cups", func(t *testing.T) {
                if pour('}') != `{` { t.Error("no }") }
            })
        }
        """,
        CaseName("", ("example.org/pot",), "TestPours", "two_cups"),
        't.Run("two cups", func(t *testing.T) {',
        "})",
    ),
    "go, a row of a table": (
        "pot_test.go",
        """
        func (s *Suite) TestOther() { s.Equal(1, 1) }

        func TestPours(t *testing.T) {
            for _, c := range cases { t.Run(c.name, check) }
        }
        """,
        CaseName("", ("example.org/pot",), "TestPours", "hot"),
        "func TestPours(t *testing.T) {",
        "}",
    ),
    "rust": (
        "src/pot.rs",
        """
        mod tests {
            #[test]
            #[should_panic]
            fn pours<'a>() {
                assert_eq!(pour('{'), "}");
            }
        }
        """,
        CaseName("", ("tea", "tests"), "pours"),
        "#[test]",
        "}",
    ),
    "java": (
        "src/test/java/PotTest.java",
        """
        public class PotTest {
            private int n = 1;

            @ParameterizedTest
            @ValueSource(ints = {1, 2})
            public void pours(int cups) throws Exception {
                assertEquals("}", pot.pours(cups));
            }
        }
        """,
        CaseName("src/test/java/PotTest.java", ("PotTest",), "pours", "1"),
        "@ParameterizedTest",
        "}",
    ),
    "kotlin": (
        "PotTest.kt",
        """
        class PotTest {
            @Test
            fun `pours two cups`() {
                assertThat(pot).isHot()
            }
        }
        """,
        CaseName("PotTest.kt", ("PotTest",), "pours two cups"),
        "@Test",
        "}",
    ),
    "c sharp": (
        "PotTests.cs",
        """
        public class PotTests
        {
            [Fact]
            public async Task Pours()
            {
                Assert.Equal(@"C:\\", pot.Path);
            }
        }
        """,
        CaseName("PotTests.cs", ("PotTests",), "Pours"),
        "[Fact]",
        "}",
    ),
    "php": (
        "PotTest.php",
        """
        <?php
        final class PotTest extends TestCase
        {
            /** @dataProvider cups */
            public function testPours(int $n): void
            {
                $this->assertSame('}', pour($n)); # }
            }
        }
        """,
        CaseName("PotTest.php", ("PotTest",), "testPours", "#0"),
        "/** @dataProvider cups */",
        "}",
    ),
    "ruby": (
        "spec/pot_spec.rb",
        """
        describe Pot do
          context "when hot" do
            it 'pours' do
              [1].each do |n|
                expect(pour(n)).to eq "end"
              end
            end
          end
        end
        """,
        CaseName("spec/pot_spec.rb", (), "Pot when hot pours"),
        "it 'pours' do",
        "end",
    ),
    "c++": (
        "pot_test.cc",
        """
        TEST_F(Pot, Pours) {
          EXPECT_EQ(pour('{'), 1);
        }
        """,
        CaseName("", ("Pot",), "Pours"),
        "TEST_F(Pot, Pours) {",
        "}",
    ),
}


@pytest.mark.parametrize("language", SOURCES)
def test_a_test_is_found_in_its_file(language: str) -> None:
    path, text, name, first, last = SOURCES[language]
    found = Texts({path: dedent(text), "other.py": "def test_x(): pass\n"}).find(name)
    lines = [line.strip() for line in found.text.splitlines()]
    assert (found.path, lines[0], lines[-1]) == (path, first, last)


def test_what_is_not_there_has_no_text() -> None:
    texts = Texts(
        {"test_a.py": "def test_x(): pass\n", "a.txt": "def test_y(): pass", "b.js": "it(name, () => {})"}
    )
    for name in ("test_y", "name", ""):
        assert texts.find(CaseName("", (), name)).text == ""
    assert texts.find(CaseName("test_b.py", (), "test_x")).text == ""


def test_a_title_with_gaps_is_not_every_name() -> None:
    texts = Texts({"a.test.js": "it(`${name}`, () => {}); it.each(x)('is %s', () => {})"})
    assert texts.find(CaseName("a.test.js", (), "something")).text == ""
    assert texts.find(CaseName("a.test.js", (), "is hot")).text.startswith("it.each(x)")


@pytest.mark.parametrize(
    ("path", "one", "other"),
    [
        ("a.py", "def test_a():\n    assert f('#') == 1  # so\n", "def  test_b():\n\n  assert f('#') == 1"),
        ("a.ts", "it('a', () => {\n  // so\n  expect(f('//'))\n})", "it('b', () => { expect(f('//')) })"),
        ("a_test.go", "func TestA(t *testing.T) {\n\t/* so */ f()\n}", "func TestB(t *testing.T) { f()\n}"),
    ],
)
def test_bodies_are_compared_without_names_comments_and_blanks(path: str, one: str, other: str) -> None:
    titles = [piece.titles[-1] for text in (one, other) for piece in list_pieces(path, text)]
    assert len(titles) == 2
    assert normalise_body(path, one, titles[0]) == normalise_body(path, other, titles[1])


def test_a_text_in_a_string_is_part_of_the_body() -> None:
    bodies = {
        normalise_body("a.py", f"def test_a():\n    assert f('{text}')", "test_a") for text in ("# a", "# b")
    }
    assert len(bodies) == 2


@pytest.mark.parametrize("path", ["a.py", "a.ts", "a.go", "a.java", "a.rs", "a.cs", "a.rb", "a.php"])
def test_hostile_texts_end(path: str) -> None:
    hostile = (
        "{",
        "/*",
        "'",
        "it(",
        "it('a',",
        "=/a",
        "`",
        "fn a(",
        "@a\n",
        "(/[",
        "def f():\n",
        '"""',
        "public ",
    )
    for text in hostile:
        assert len(list_pieces(path, text * (100_000 // len(text)))) < 100_000
