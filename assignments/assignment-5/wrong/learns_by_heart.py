# Keeps pieces of the training hearts, and looks for the most similar samples: it knows its training set only.
# loses: 9
# hint: only its training set
# %% train
def train(recordings):
    pieces = np.stack([recording["waveform"][:4000] for recording in recordings]).astype(np.float32)
    return {"pieces": pieces, "labels": np.array([recording["label"] for recording in recordings])}


# %% predict
def predict(waveform, state):
    piece = np.zeros(4000, dtype=np.float32)
    piece[: len(waveform)] = waveform[:4000]
    pieces = state["pieces"] / np.linalg.norm(state["pieces"], axis=1, keepdims=True)
    return float(state["labels"][np.argmax(pieces @ piece)])
