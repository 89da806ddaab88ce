SELECT note FROM cosigned_checkpoint WHERE size = $1
