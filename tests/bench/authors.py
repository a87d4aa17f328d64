"""authors.py MODEL THRESHOLD THREADS [float32]: the fraction of fixed pairs as the paper's authors compute it:
the two rows of each pair gathered, torch.nn.functional.cosine_similarity, threshold. Prints seconds
(without the import of torch), the peak of memory in bytes beyond what the import took, and the
fraction. Half-split pairs under Llama's names, one safetensors file. With float32 the weights are
loaded as such, as transformers 4 does with a checkpoint of any type unless it is told otherwise."""
import json, mmap, os, resource, struct, sys, time, warnings

import torch

warnings.filterwarnings("ignore")
DTYPES = {"BF16": torch.bfloat16, "F16": torch.float16, "F32": torch.float32, "F64": torch.float64}


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def load(path, widened):
    """Every tensor of a safetensors file, as loading a model does: copied into memory."""
    with open(path, "rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        dtype = DTYPES[entry["dtype"]]
        count = 1
        for length in entry["shape"]:
            count *= length
        flat = torch.frombuffer(data, dtype=dtype, count=count, offset=8 + size + begin)
        weight = flat.reshape(entry["shape"])
        yield name, weight.to(torch.float32) if widened else weight.clone()


def fixed(weight, heads, threshold):
    head_dim = weight.shape[0] // heads
    half = head_dim // 2
    first = [head * head_dim + pair for head in range(heads) for pair in range(half)]
    one = weight[torch.tensor(first)]
    two = weight[torch.tensor(first) + half]
    cos = torch.nn.functional.cosine_similarity(one, two, dim=1)
    mask = (cos.abs() < threshold).view(heads, half).repeat(1, 2)
    return mask.numel() // 2 - int(mask[:, :half].sum()), len(first)


def main():
    model, threshold, threads = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(threads)
    with open(os.path.join(model, "config.json")) as file:
        config = json.load(file)
    before, start = peak(), time.perf_counter()
    count = total = 0
    weights = dict(load(os.path.join(model, "model.safetensors"), "float32" in sys.argv[4:]))
    for name, weight in weights.items():
        heads = config["num_attention_heads" if "q_proj" in name else "num_key_value_heads"]
        some, all_of_them = fixed(weight, heads, threshold)
        count += some
        total += all_of_them
    print(time.perf_counter() - start, peak() - before, count / total)


main()
