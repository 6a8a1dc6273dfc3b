"""SpectNet: spectrograms that learn. The package under the book of that name."""

__version__ = "0.1.0"
