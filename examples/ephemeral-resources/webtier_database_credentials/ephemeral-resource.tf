variable "secret_arn" {
  type = string
}

# The master user's password, read when it is needed and kept nowhere.
ephemeral "webtier_database_credentials" "shop" {
  secret_arn = var.secret_arn
}

# To create tables, say, with a client on this machine.
resource "terraform_data" "tables" {
  provisioner "local-exec" {
    command = "psql --dbname shop --file tables.sql"
    environment = {
      PGUSER     = ephemeral.webtier_database_credentials.shop.username
      PGPASSWORD = ephemeral.webtier_database_credentials.shop.password
    }
  }
}
