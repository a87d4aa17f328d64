"""The Python of README.md, block by block, as somebody would paste it: its first line is a comment with its name."""
import os
import re

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")


def snippets():
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as readme:
        section = readme.read().split("## From the mask to the training run\n")[1].split("\n## ")[0]
    blocks = re.findall(r"^```python\n# (\S+)\n(.*?)^```$", section, re.M | re.S)
    names = [name for name, _ in blocks]
    assert names == ["awm.py", "plain", "peft", "trainer", "torchtune", "axolotl"], names
    return dict(blocks)
