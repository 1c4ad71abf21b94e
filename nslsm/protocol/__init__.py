"""The values that pass between the language and the kernel: requests, answers, controls, bindings, namespaces."""
