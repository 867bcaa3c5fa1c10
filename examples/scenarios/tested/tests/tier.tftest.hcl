# Runs on a local AWS: the environment says where it is.

variables {
  name                = "tried"
  deletion_protection = false # terraform test removes what it has made
}

run "makes_a_tier_over_several_zones" {
  assert {
    condition     = length(output.zones) >= 2
    error_message = "The tier does not survive the loss of a zone."
  }

  assert {
    condition     = startswith(output.url, "http://tried-")
    error_message = "The address is ${output.url}."
  }
}

run "rolls_out_another_image_in_place" {
  variables {
    image_id = "ami-0e5b0000000000002"
  }

  assert {
    condition     = length(webtier_multi_server.this.planned_actions) > 0 && !anytrue([for action in webtier_multi_server.this.planned_actions : startswith(action, "create")])
    error_message = "A new image has made more than servers anew."
  }
}
