variable "endpoint" {
  type = string
}

# Good for fifteen minutes, and only for this user of this database.
ephemeral "webtier_database_auth_token" "shop" {
  endpoint = var.endpoint
  port     = 5432
  username = "migrations"
}

resource "terraform_data" "migrations" {
  provisioner "local-exec" {
    command = "psql --dbname shop --file migrations.sql"
    environment = {
      PGHOST     = var.endpoint
      PGUSER     = ephemeral.webtier_database_auth_token.shop.username
      PGPASSWORD = ephemeral.webtier_database_auth_token.shop.token
      PGSSLMODE  = "verify-full"
    }
  }
}
