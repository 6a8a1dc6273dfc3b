"""Speed, memory and error, measured: each benchmark prints its Markdown table and writes its JSON."""
