# For modules: all rules. `make lint-hcl` applies it.
config {
  call_module_type = "none"
}

plugin "terraform" {
  enabled = true
  preset  = "all"
}
