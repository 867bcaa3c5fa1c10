output "user_data" {
  value = provider::webtier::clone_user_data("master.shop.internal", ["/var/www", "/srv/uploads"], {
    excludes      = ["*.tmp", "/cache/"]
    health_file   = "/var/www/html/webtier/sync-age"
    stop_services = ["mariadb.service"]
    host_aliases  = ["db.internal"]
    replace       = [{ file = "/var/www/config.ini", from = "host = localhost", to = "host = db.internal" }]
  })
}
