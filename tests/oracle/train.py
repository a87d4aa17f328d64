"""Trains tiny models with masks that ropescope exported, by the snippets of README.md: frozen rows must stay the same to the last bit, all
others must move; and the rows must be those that the authors' function freezes, where its pairing is right. Prints TAP."""
import importlib.util
import os
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

from snippets import ROOT, snippets

PROGRAM = os.environ.get("ROPESCOPE", os.path.join(ROOT, "build/ropescope"))
STEPS, THRESHOLD, FIRST = 20, 0.1, 2
SHAPE = dict(vocab_size=64, hidden_size=64, intermediate_size=96, num_hidden_layers=4, num_attention_heads=4, max_position_embeddings=64)
BLOCKS = snippets()
count = failed = 0


def check(words, good):
    global count, failed
    count += 1
    failed += not good
    print(("ok" if good else "not ok"), count, "-", words, flush=True)


def skip(words, reason):
    global count
    count += 1
    print("ok", count, "-", words, "# SKIP", reason)


def fresh(kind):
    torch.manual_seed(7)
    if kind == "biased":  # grouped keys, and biases beside queries and keys
        model = Qwen2ForCausalLM(Qwen2Config(**SHAPE, num_key_value_heads=2))
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                torch.nn.init.normal_(parameter)
        return model
    return LlamaForCausalLM(LlamaConfig(**SHAPE, num_key_value_heads=4 if kind == "plain" else 2))


def batches():
    generator = torch.Generator().manual_seed(11)
    for _ in range(STEPS):
        tokens = torch.randint(0, 64, (4, 16), generator=generator)
        yield {"input_ids": tokens, "labels": tokens}


def export(model, *flags, to="mask.safetensors"):
    model.save_pretrained("model")
    subprocess.run([PROGRAM, "mask", "model", "--no-cache", "--threshold", str(THRESHOLD), *flags, "-o", to], check=True, stdout=subprocess.DEVNULL)
    return load_file(to)


def run(name, **variables):
    exec(compile(BLOCKS[name], name, "exec"), variables)
    return variables


def compare(before, after, mask):
    """Whether the frozen rows are the same bits, and whether every other row has moved."""
    still = moved = True
    for name, rows in mask.items():
        same = before[name] == after[name]
        same = same.all(dim=1) if same.dim() == 2 else same
        rows = rows.flatten()
        still &= bool(same[~rows].all())
        moved &= not bool(same[rows].any())
    return still, moved


def state_of(model):
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def some_of_both(mask):
    frozen = sum(int((~rows).sum()) for rows in mask.values())
    return 0 < frozen < sum(rows.numel() for rows in mask.values())


# ---- full fine-tuning ------------------------------------------------------------------------------

def full(kind):
    model = fresh(kind)
    mask = export(model)
    before = state_of(model)
    run("plain", model=model, batches=batches(), torch=torch)
    still, moved = compare(before, state_of(model), mask)
    check(f"{kind}: the mask freezes some rows and not others, under names that the model has", some_of_both(mask) and set(mask) <= set(before))
    check(f"{kind}: plain PyTorch: frozen rows stay to the last bit", still)
    check(f"{kind}: plain PyTorch: every other row moves", moved)


def pitfall():
    """Gradients alone are not enough: this is what the snippet cures."""
    model = fresh("plain")
    mask = export(model)
    before = state_of(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.1)
    for name, parameter in model.named_parameters():
        if name in mask:
            parameter.register_hook(lambda gradient, rows=mask[name]: gradient * rows)
    for batch in batches():
        model(**batch).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    check("weight decay moves rows that have no gradient", not compare(before, state_of(model), mask)[0])


# ---- LoRA ------------------------------------------------------------------------------------------

def products(model, mask):
    """B of each masked module, and the merged weights."""
    lora = {name.split(".lora_B")[0].removeprefix("base_model.model.") + ".weight": value.detach().clone()
            for name, value in model.named_parameters() if ".lora_B." in name}
    return {name: value for name, value in lora.items() if name in mask}, model.merge_and_unload().state_dict()


def lora(kind):
    model = fresh(kind)
    mask = {name: rows for name, rows in export(model).items() if name.endswith("weight")}
    before = state_of(model)
    trained = run("peft", model=model, batches=batches(), torch=torch)["model"]
    factors, merged = products(trained, mask)
    check(f"{kind}: PEFT: each masked module has a lora_B", set(factors) == set(mask))
    check(f"{kind}: PEFT: frozen rows of lora_B are still zero", all(not factors[name][~mask[name].flatten()].any() for name in mask))
    still, moved = compare(before, merged, mask)
    check(f"{kind}: PEFT: frozen rows of the merged weights are those of the base to the last bit", still)
    check(f"{kind}: PEFT: every other row moves", moved)


def authors_mask(weight, heads, threshold):
    """The published function: cosine similarity of rows j and j + head_dim / 2 of each head, trainable iff below the threshold."""
    rows, columns = weight.shape
    halves = weight.view(heads, 2, rows // heads // 2, columns)
    first, second = (halves[:, i].reshape(-1, columns) for i in range(2))
    cosine = torch.nn.functional.cosine_similarity(first, second, dim=1).abs()
    return (cosine < threshold).view(heads, -1).repeat(1, 2).view(-1)


def like_the_authors():
    """Their way to freeze: the gradient of what lora_B puts out is multiplied by the mask. No grouped keys, layers from 2 on."""
    from peft import LoraConfig, get_peft_model
    model = fresh("plain")
    ours = export(model)
    weights = state_of(model)
    model = get_peft_model(model, LoraConfig(r=8, lora_alpha=16, target_modules=["q_proj", "k_proj", "v_proj"]))
    for name, module in model.named_modules():
        parts = name.split(".")
        if "lora_B" not in name or not name.endswith("default") or not ("q_proj" in name or "k_proj" in name) or int(parts[4]) < FIRST:
            continue
        base = ".".join(parts[2:parts.index("lora_B")]) + ".weight"
        bits = authors_mask(weights[base], SHAPE["num_attention_heads"], THRESHOLD)
        module.register_full_backward_pre_hook(lambda module, gradient, bits=bits: (gradient[0] * bits,))
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-3, weight_decay=0.1)
    for batch in batches():
        model(**batch).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    factors, _ = products(model, ours)
    check("the authors' hook leaves the same rows of lora_B at zero", set(factors) == set(ours) and all(
        torch.equal(value.any(dim=1), ours[name].flatten()) for name, value in factors.items()))


# ---- the other ways --------------------------------------------------------------------------------

def trainer():
    model = fresh("grouped")
    mask = export(model)
    before = state_of(model)
    dataset = [{key: value[0] for key, value in batch.items()} for batch in batches()]
    run("trainer", model=model, dataset=dataset, output="out")
    still, moved = compare(before, state_of(model), mask)
    check("Trainer: frozen rows stay to the last bit", still)
    check("Trainer: every other row moves", moved)


def torchtune_rows():
    """Its order of rows is the one that its _permute makes: view(heads, 2, head_dim / 2), transposed."""
    model = fresh("grouped")
    mask = export(model)
    export(model, "--row-order", "meta", to="meta.safetensors")
    run("torchtune")
    tune = load_file("tune.safetensors")
    good = len(tune) == len(mask)
    for name, rows in mask.items():
        heads = rows.numel() // 16
        theirs = name.removeprefix("model.").replace("self_attn", "attn")
        good &= torch.equal(tune[theirs].flatten(), rows.view(heads, 2, 8).transpose(1, 2).reshape(-1))
    check("torchtune: names and rows as it has them", good)


def installed(package):
    return importlib.util.find_spec(package) is not None


with tempfile.TemporaryDirectory() as hold:
    os.chdir(hold)
    os.environ["XDG_CACHE_HOME"] = hold
    with open("awm.py", "w") as out:
        out.write(BLOCKS["awm.py"])
    sys.path.insert(0, hold)
    full("plain")
    full("grouped")
    full("biased")
    pitfall()
    lora("plain")
    lora("grouped")
    like_the_authors()
    if installed("accelerate"):
        trainer()
    else:
        skip("Trainer", "accelerate is not installed")
    torchtune_rows()
    if installed("axolotl"):
        check("axolotl: the plugin is one", run("axolotl")["AwmPlugin"]().add_callbacks_post_trainer(None, None) != [])
    else:
        skip("axolotl: the plugin is one", "axolotl is not installed")
    os.chdir("/")
print(f"1..{count}")
sys.exit(failed > 0)
