import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;

/** Asks the store with the JDBC driver's default settings, and prints a line for each thing it saw: `name<TAB>value`. */
public class Jdbc {
    public static void main(String[] args) throws Exception {
        String url = args[0].replaceFirst("^http:", "jdbc:clickhouse:") + "/signalbox";
        Properties properties = new Properties();
        properties.setProperty("user", args[1]);
        properties.setProperty("password", args[2]);
        boolean writes = args[3].equals("write");
        try (Connection connection = DriverManager.getConnection(url, properties)) {
            DatabaseMetaData data = connection.getMetaData();
            say("version", data.getDatabaseProductVersion());
            say("tables", data.getTables(null, "signalbox", "spans", null).next());
            say("spans", one(connection, "SELECT count() > 0 FROM spans"));
            long rows = 0;
            long sum = 0;
            try (Statement statement = connection.createStatement();
                    ResultSet result = statement.executeQuery("SELECT number, toString(number) FROM numbers(200000)")) {
                while (result.next()) {
                    rows++;
                    sum += result.getLong(1);
                }
            }
            say("rows", rows + " " + sum);
            say("error", refusal(connection, "SELECT missing"));
            if (writes) {
                write(connection);
            } else {
                say("insert", refusal(connection, "INSERT INTO spans (name) VALUES ('x')"));
                say("drop", refusal(connection, "DROP TABLE spans"));
            }
        }
    }

    private static void write(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS default.jdbc (a UInt32, b String) ENGINE = MergeTree ORDER BY a");
            try (PreparedStatement insert = connection.prepareStatement("INSERT INTO default.jdbc (a, b) VALUES (?, ?)")) {
                for (int i = 0; i < 1000; i++) {
                    insert.setInt(1, i);
                    insert.setString(2, "it's \\ " + i);
                    insert.addBatch();
                }
                insert.executeBatch();
            }
            say("written", one(connection, "SELECT concat(toString(count()), ' ', toString(sum(a)), ' ', max(b)) FROM default.jdbc"));
            statement.execute("DROP TABLE default.jdbc");
        }
    }

    private static String one(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet result = statement.executeQuery(query)) {
            result.next();
            return result.getString(1);
        }
    }

    /** ClickHouse's number of the error. */
    private static String refusal(Connection connection, String query) {
        try (Statement statement = connection.createStatement()) {
            statement.execute(query);
            return "no error";
        } catch (SQLException error) {
            return error.getMessage().replaceFirst("(?s).*?Code: (\\d+).*", "$1");
        }
    }

    private static void say(String name, Object value) {
        System.out.println(name + "\t" + value);
    }
}
