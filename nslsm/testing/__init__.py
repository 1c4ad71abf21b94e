"""For tests: builders of small states, and hypothesis strategies for policies, namespace trees and events."""
