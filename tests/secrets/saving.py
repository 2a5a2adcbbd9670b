"""Executes a notebook and saves it, as papermill and `jupyter execute` do; a program of its own, as they are."""

import sys

import nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient


def main(path):
    notebook = nbformat.read(path, as_version=4)
    manager = AsyncKernelManager()
    manager._kernel_spec = KernelSpec(
        argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        display_name="test",
        language="python",
    )
    NotebookClient(notebook, km=manager, allow_errors=True, timeout=30, iopub_timeout=30).execute()
    nbformat.write(notebook, path)


if __name__ == "__main__":
    main(sys.argv[1])
