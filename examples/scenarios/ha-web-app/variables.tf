variable "region" {
  type        = string
  default     = "eu-west-1"
  description = "AWS Region of the application."
}

variable "name" {
  type        = string
  default     = "shop"
  description = "Name of network, servers and database; names of AWS objects begin with it."
}

variable "cidr_block" {
  type        = string
  default     = "10.20.0.0/16"
  description = "IPv4 range of the VPC."
}

variable "image_id" {
  type        = string
  default     = "ami-0e5b0000000000001"
  description = "Image of the servers. The default exists in the local AWS, as does ami-0e5b0000000000002; on AWS, give one of yours."
}

variable "instance_type" {
  type        = string
  default     = "t3.small"
  description = "EC2 instance type of the servers."
}

variable "database_class" {
  type        = string
  default     = "db.t4g.medium"
  description = "Class of the database's servers."
}

variable "deletion_protection" {
  type        = bool
  default     = true
  description = "Refuse to destroy the application. Apply false before a destroy."
}
