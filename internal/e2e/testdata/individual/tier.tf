resource "aws_security_group" "load_balancer" {
  name_prefix = "shop-lb-"
  description = "Clients reach the load balancer"
  vpc_id      = aws_vpc.this.id
  ingress {
    from_port   = 80
    to_port     = 80
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_security_group" "servers" {
  name        = "shop-servers"
  description = "The load balancer reaches the servers"
  vpc_id      = aws_vpc.this.id
}

resource "aws_vpc_security_group_ingress_rule" "servers" {
  security_group_id            = aws_security_group.servers.id
  referenced_security_group_id = aws_security_group.load_balancer.id
  from_port                    = 80
  to_port                      = 80
  ip_protocol                  = "tcp"
}

resource "aws_vpc_security_group_egress_rule" "servers" {
  security_group_id = aws_security_group.servers.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_lb" "this" {
  name            = "shop"
  subnets         = [for subnet in aws_subnet.public : subnet.id]
  security_groups = [aws_security_group.load_balancer.id]
  idle_timeout    = 30
  access_logs {
    enabled = true
    bucket  = aws_s3_bucket_policy.logs.bucket
    prefix  = "shop"
  }
}

resource "aws_lb_target_group" "this" {
  name                 = "shop"
  port                 = 80
  protocol             = "HTTP"
  vpc_id               = aws_vpc.this.id
  deregistration_delay = 30
  health_check {
    path                = "/health"
    interval            = 10
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }
  stickiness {
    type            = "lb_cookie"
    cookie_duration = 600
  }
}

resource "aws_lb_listener" "this" {
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }
}

resource "aws_lb_listener_rule" "status" {
  listener_arn = aws_lb_listener.this.arn
  priority     = 10
  action {
    type = "fixed-response"
    fixed_response {
      content_type = "text/plain"
      message_body = "up"
      status_code  = "200"
    }
  }
  condition {
    path_pattern {
      values = ["/status", "/status/*"]
    }
  }
}

resource "aws_iam_role" "this" {
  name = "shop"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "this" {
  role = aws_iam_role.this.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.orders.arn }]
  })
}

resource "aws_iam_role_policy_attachment" "this" {
  role       = aws_iam_role.this.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_instance_profile" "this" {
  name = "shop"
  role = aws_iam_role.this.name
}

resource "aws_launch_template" "this" {
  name_prefix            = "shop-"
  image_id               = data.aws_ami.this.id
  instance_type          = "t3.small"
  vpc_security_group_ids = [aws_security_group.servers.id]
  user_data              = base64encode("#!/bin/sh\nsystemctl enable --now nginx\n")
  update_default_version = true
  iam_instance_profile {
    arn = aws_iam_instance_profile.this.arn
  }
  metadata_options {
    http_tokens = "required"
  }
  tag_specifications {
    resource_type = "instance"
    tags          = { Name = "shop" }
  }
}

resource "aws_autoscaling_group" "this" {
  name_prefix               = "shop-"
  min_size                  = 2
  max_size                  = 4
  vpc_zone_identifier       = [for subnet in aws_subnet.private : subnet.id]
  target_group_arns         = [aws_lb_target_group.this.arn]
  health_check_type         = "ELB"
  health_check_grace_period = 60
  wait_for_elb_capacity     = 2
  launch_template {
    id      = aws_launch_template.this.id
    version = aws_launch_template.this.latest_version
  }
  instance_refresh {
    strategy = "Rolling"
    preferences {
      min_healthy_percentage = 100
      instance_warmup        = 30
    }
  }
  tag {
    key                 = "Name"
    value               = "shop"
    propagate_at_launch = true
  }
  depends_on = [aws_lb_listener.this, aws_route.out]
}

resource "aws_autoscaling_policy" "cpu" {
  name                   = "cpu"
  autoscaling_group_name = aws_autoscaling_group.this.name
  policy_type            = "TargetTrackingScaling"
  target_tracking_configuration {
    target_value = 60
    predefined_metric_specification {
      predefined_metric_type = "ASGAverageCPUUtilization"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "unhealthy" {
  alarm_name          = "shop-unhealthy"
  namespace           = "AWS/ApplicationELB"
  metric_name         = "UnHealthyHostCount"
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 60
  evaluation_periods  = 2
  dimensions = {
    LoadBalancer = aws_lb.this.arn_suffix
    TargetGroup  = aws_lb_target_group.this.arn_suffix
  }
}

resource "aws_sqs_queue" "orders" {
  name                       = "orders"
  visibility_timeout_seconds = 60
}

output "url" {
  value = "http://${aws_lb.this.dns_name}"
}
