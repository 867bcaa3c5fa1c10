output "script" {
  value = provider::webtier::clone_master_script(["/var/www", "/srv/uploads"], {})
}
