resource "aws_security_group" "database" {
  name   = "shop-database"
  vpc_id = aws_vpc.this.id
}

resource "aws_security_group_rule" "database" {
  type                     = "ingress"
  security_group_id        = aws_security_group.database.id
  source_security_group_id = aws_security_group.servers.id
  from_port                = 5432
  to_port                  = 5432
  protocol                 = "tcp"
}

resource "aws_db_subnet_group" "this" {
  name       = "shop"
  subnet_ids = [for subnet in aws_subnet.private : subnet.id]
}

resource "aws_db_parameter_group" "this" {
  name_prefix = "shop-"
  family      = "postgres16"
  parameter {
    name  = "work_mem"
    value = var.work_mem
  }
  parameter {
    name         = "max_connections"
    value        = "200"
    apply_method = "pending-reboot"
  }
}

resource "aws_db_instance" "this" {
  identifier                  = "shop"
  engine                      = "postgres"
  engine_version              = "16"
  instance_class              = "db.t4g.small"
  allocated_storage           = 20
  max_allocated_storage       = 100
  storage_type                = "gp3"
  storage_encrypted           = true
  multi_az                    = true
  db_name                     = "shop"
  username                    = "shop"
  manage_master_user_password = true
  db_subnet_group_name        = aws_db_subnet_group.this.name
  parameter_group_name        = aws_db_parameter_group.this.name
  vpc_security_group_ids      = [aws_security_group.database.id]
  backup_retention_period     = 7
  apply_immediately           = true
  skip_final_snapshot         = true
}

output "database" {
  value = aws_db_instance.this.endpoint
}
