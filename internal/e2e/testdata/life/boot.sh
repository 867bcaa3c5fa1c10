#!/bin/sh
exec httpd -p ${port}
